import type { PayoutChange } from "../datasources/changes.js";
import type { PayoutAmount, PayoutCommand, PayoutDestination } from "../datasources/commands.js";
import { toCurrencyAmount } from "../schema/currency-digits.js";
import { destinationCurrency, destinationKind, destinationMethod } from "../schema/destination-currency.js";
import type { CreatePayoutInput } from "../schema/payout.input.js";

export function toPayoutCommand(input: CreatePayoutInput, merchantReference: string): PayoutCommand {
  const kind = destinationKind(input.destination);
  return {
    merchantReference,
    customerId: input.customerId,
    walletId: input.walletId,
    sourceCurrency: input.sourceCurrency,
    amount: toAmount(input),
    destination: { ...input.destination[kind], kind } as PayoutDestination,
    note: input.note ?? null,
  };
}

// 5 and 5.00 are one amount: a retry may spell it either way.
function toAmount({ amount, sourceCurrency, destination }: CreatePayoutInput): PayoutAmount {
  if (amount.send) return { send: toCurrencyAmount(amount.send, sourceCurrency) };
  return { receive: toCurrencyAmount(amount.receive as string, destinationCurrency(destination)) };
}

/** What is known of a payout before the provider has answered. */
export function toFirstPayoutChange(payoutId: string, input: CreatePayoutInput, command: PayoutCommand): PayoutChange {
  const currency = destinationCurrency(input.destination);
  const { destination, amount } = command;
  return {
    kind: "payout",
    payoutId,
    merchantReference: command.merchantReference,
    status: "SUBMITTING",
    details: {
      customerId: command.customerId,
      walletId: command.walletId,
      method: destinationMethod(input.destination),
      amount: "send" in amount ? { amount: amount.send, currency: command.sourceCurrency } : null,
      recipient: {
        ...recipientOf(destination),
        currency,
        amount: "receive" in amount ? amount.receive : null,
      },
      note: command.note ?? null,
    },
  };
}

function recipientOf(destination: PayoutDestination) {
  switch (destination.kind) {
    case "ngnBank":
      return { accountNumber: destination.accountNumber };
    case "gbpBank":
      return { accountName: destination.accountName, accountNumber: destination.accountNumber };
    case "eurBank":
      return { accountName: destination.accountName, accountNumber: destination.iban };
    case "ach":
    case "wire": {
      const { accountName, accountNumber, bankName } = destination;
      return { accountName, accountNumber, bankName };
    }
    case "interac":
      return { accountName: `${destination.firstName} ${destination.lastName}`, email: destination.email };
    case "mobileMoney":
      return { accountName: destination.accountName, phoneNumber: destination.phoneNumber };
  }
}

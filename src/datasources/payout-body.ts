// A payout as the provider's request body spells it: one shape for each destination.

import type { PayoutMethod } from "../schema/payout.enum.js";
import type { Address, PayoutAmount, PayoutCommand, PayoutDestination } from "./commands.js";
import { fromDecimalText } from "./exact-number.js";

const methods = {
  ngnBank: "BANK_TRANSFER",
  gbpBank: "BANK_TRANSFER",
  eurBank: "BANK_TRANSFER",
  ach: "ACH",
  wire: "WIRE",
  interac: "INTERAC",
  mobileMoney: "MOBILE_MONEY",
} as const satisfies Record<PayoutDestination["kind"], PayoutMethod>;

const currencies = { ngnBank: "NGN", gbpBank: "GBP", eurBank: "EUR", ach: "USD", wire: "USD", interac: "CAD" } as const;

export function toMethod(destination: PayoutDestination): PayoutMethod {
  return methods[destination.kind];
}

export function toTargetCurrency(destination: PayoutDestination): string {
  return destination.kind === "mobileMoney" ? destination.currency : currencies[destination.kind];
}

/** `targetCurrency` is the target's code, or for mobile money its id at the provider. */
export function fromPayoutCommand(command: PayoutCommand, targetCurrency: string): Record<string, unknown> {
  return {
    wallet_id: command.walletId,
    customer_id: command.customerId,
    method: toMethod(command.destination).toLowerCase(),
    from_currency_id: command.sourceCurrency,
    to_currency_id: targetCurrency,
    merchant_reference: command.merchantReference,
    ...fromPayoutAmount(command.amount),
    ...fromDestination(command.destination),
    // An empty note would stand in the place of the provider's default.
    ...(command.note ? { note: command.note } : {}),
  };
}

export function fromPayoutAmount(amount: PayoutAmount): Record<string, unknown> {
  return "send" in amount
    ? { from_amount: fromDecimalText(amount.send) }
    : { to_amount: fromDecimalText(amount.receive) };
}

function fromDestination(destination: PayoutDestination): Record<string, unknown> {
  switch (destination.kind) {
    case "ngnBank":
      return { bank_id: destination.bankId, account_number: destination.accountNumber };
    case "gbpBank":
      return {
        sort_code: destination.sortCode,
        account_number: destination.accountNumber,
        account_name: destination.accountName,
        ...fromAddress(destination.address),
      };
    case "eurBank":
      return {
        iban: destination.iban,
        bic_code: destination.bic,
        account_name: destination.accountName,
        ...fromAddress(destination.address),
      };
    case "ach":
    case "wire":
      return {
        type: destination.holderType.toLowerCase(),
        account_number: destination.accountNumber,
        account_name: destination.accountName,
        account_type: destination.accountType.toLowerCase(),
        bank_name: destination.bankName,
        routing_number: destination.routingNumber,
        ...(destination.kind === "wire" ? { swift_code: destination.swiftCode } : {}),
        ...(destination.address.state ? { state: destination.address.state } : {}),
        ...fromAddress(destination.address),
      };
    case "interac":
      return {
        email: destination.email,
        interac_first_name: destination.firstName,
        interac_last_name: destination.lastName,
      };
    case "mobileMoney":
      return {
        phone_number: destination.phoneNumber,
        mobile_money_operator_id: destination.operatorId,
        account_name: destination.accountName,
      };
  }
}

/** Only payouts to the United States know a state. */
function fromAddress({ street, city, zipCode, country }: Address): Record<string, unknown> {
  return { street, city, ...(zipCode ? { zip_code: zipCode } : {}), country };
}

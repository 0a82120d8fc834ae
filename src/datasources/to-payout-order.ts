import type { PayoutOrder } from "../domain/payout-order.js";
import type { PayoutCommand, PayoutDestination } from "./commands.js";
import { toTargetCurrency } from "./payout-body.js";

/** What every report of the payout is compared with. */
export function toPayoutOrder({ customerId, sourceCurrency, amount, destination }: PayoutCommand): PayoutOrder {
  return {
    customerId,
    sourceCurrency,
    targetCurrency: toTargetCurrency(destination),
    send: "send" in amount ? amount.send : null,
    receive: "receive" in amount ? amount.receive : null,
    account: accountOf(destination),
    email: destination.kind === "interac" ? destination.email : null,
  };
}

function accountOf(destination: PayoutDestination): string | null {
  switch (destination.kind) {
    case "eurBank":
      return destination.iban;
    case "interac":
      return null;
    case "mobileMoney":
      return destination.phoneNumber;
    default:
      return destination.accountNumber;
  }
}

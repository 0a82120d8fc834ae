import type { ChangeFragment } from "../generated/operations";

/** Whether a change is of the customer, one of its documents or one of its payouts. */
export function concerns(change: ChangeFragment, customerId: string): boolean {
  switch (change.__typename) {
    case "CustomerStatusChange":
      return change.customer.id === customerId;
    case "DocumentStatusChange":
      return change.document.customer.id === customerId;
    case "PayoutStatusChange":
      return change.payout.customer.id === customerId;
  }
}

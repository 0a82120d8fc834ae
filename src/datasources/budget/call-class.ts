/** What a call is for, in the order in which it should be served when there is not enough for all. */
export type CallClass = "payout" | "write" | "read" | "reconciliation";

const byImportance: readonly CallClass[] = ["payout", "write", "read", "reconciliation"];

/** How full, in percent, a window may be for a class to be served: what lies above belongs to the classes before it. */
export const windowShare: Readonly<Record<CallClass, number>> = {
  payout: 100,
  write: 95,
  read: 80,
  reconciliation: 50,
};

/** 0 is the most important. */
export function rankOf(callClass: CallClass): number {
  return byImportance.indexOf(callClass);
}

// The kinds of accounts at the provider, and the product's waits in ticks.

import type { PayoutRules } from "../../src/domain/payout-life.js";

export interface Account {
  name: string;
  title: string;
  /** A merchant reference is unique, and a look-up by it finds the payment. */
  hasReferences: boolean;
  /** A look-up finds a payment before it is final, at the latest when the late acceptance window is over. */
  listsPending: boolean;
  /** The gateway knows that already. */
  isLearned: boolean;
}

export const accounts: readonly Account[] = [
  {
    name: "learned",
    title: "unique references, known to list pending payments",
    hasReferences: true,
    listsPending: true,
    isLearned: true,
  },
  {
    name: "new",
    title: "unique references, not known yet to list pending payments",
    hasReferences: true,
    listsPending: true,
    isLearned: false,
  },
  {
    name: "final-only",
    title: "unique references, lists final payments only",
    hasReferences: true,
    listsPending: false,
    isLearned: false,
  },
  {
    name: "no-references",
    title: "references neither unique nor returned",
    hasReferences: false,
    listsPending: false,
    isLearned: false,
  },
];

/** Long enough to tell the waits apart, short enough to reach the end of each. */
export const rules = {
  leaseTicks: 2,
  absenceGapMs: 1,
  lateAcceptanceMs: 3,
  sendWithinMs: 5,
  /** How many permissions to send one history holds. */
  maxPermissions: 3,
};

export function payoutRules(canProveAbsence: boolean): PayoutRules {
  const { absenceGapMs, lateAcceptanceMs, sendWithinMs } = rules;
  return { canProveAbsence, absenceGapMs, lateAcceptanceMs, sendWithinMs };
}

// The statuses of a payout, and how one report of a status relates to what is known. Pure: no clock, no store.

export type PayoutStatus = "SUBMITTING" | "UNCONFIRMED" | "PENDING" | "PROCESSING" | "SUCCESSFUL" | "FAILED";

/**
 * APPLY: the status moves. SAME: nothing new. STALE: older than what is known. CONTRADICTION: the report disagrees with a
 * final status, and only a look-up can settle it. CORRECT: the look-up did, against what was known. MISMATCH: the report
 * contradicts the order, and nothing of it is taken over.
 */
export type Verdict = "APPLY" | "SAME" | "STALE" | "CONTRADICTION" | "CORRECT" | "MISMATCH";

const moves: Record<PayoutStatus, readonly PayoutStatus[]> = {
  SUBMITTING: ["UNCONFIRMED", "PENDING", "PROCESSING", "SUCCESSFUL", "FAILED"],
  // Back to SUBMITTING only when the payout was proven absent and is sent again.
  UNCONFIRMED: ["SUBMITTING", "PENDING", "PROCESSING", "SUCCESSFUL", "FAILED"],
  PENDING: ["PROCESSING", "SUCCESSFUL", "FAILED"],
  PROCESSING: ["SUCCESSFUL", "FAILED"],
  SUCCESSFUL: [],
  FAILED: [],
};

export function isFinal(status: PayoutStatus): boolean {
  return moves[status].length === 0;
}

export interface KnownStatus {
  status: PayoutStatus;
  /** The provider's transaction. A payout that FAILED without one was ended by the gateway, not by the provider. */
  transactionId: string | null;
}

export interface ReportedStatus {
  status: PayoutStatus;
  /** Read from the transaction itself: the only report that may correct a final status. */
  isLookUp: boolean;
}

export function isEndedByGateway({ status, transactionId }: KnownStatus): boolean {
  return status === "FAILED" && transactionId === null;
}

/** Reports of a payout carry no time: the order of the stages decides. */
export function judgeReport(known: KnownStatus | null, report: ReportedStatus): Verdict {
  if (known === null) return "APPLY";
  // The provider has what the gateway gave up: whatever its status, it is never outdated.
  if (isEndedByGateway(known) && !report.isLookUp) return "CONTRADICTION";
  if (known.status === report.status) return "SAME";
  if (isEndedByGateway(known)) return "CORRECT";
  if (moves[known.status].includes(report.status)) return "APPLY";
  if (!isFinal(known.status) || !isFinal(report.status)) return "STALE";
  return report.isLookUp ? "CORRECT" : "CONTRADICTION";
}

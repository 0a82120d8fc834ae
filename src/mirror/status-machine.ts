// The rules by which news is judged against what is known. Pure: no clock, no store.

import type { CustomerStatus } from "../schema/customer.enum.js";
import type { DocumentStatus } from "../schema/document.enum.js";
import type { PayoutStatus } from "../schema/payout.enum.js";

/**
 * APPLY: the status moves. SAME: nothing new. STALE: older than what is known. CONTRADICTION: two finals disagree and
 * only a look-up can settle it. CORRECT: the look-up did, against what was known.
 */
export type Verdict = "APPLY" | "SAME" | "STALE" | "CONTRADICTION" | "CORRECT";

const payoutMoves: Record<PayoutStatus, readonly PayoutStatus[]> = {
  SUBMITTING: ["UNCONFIRMED", "PENDING", "PROCESSING", "SUCCESSFUL", "FAILED"],
  // Back to SUBMITTING only by the journal, when the payout was proven absent and is sent again.
  UNCONFIRMED: ["SUBMITTING", "PENDING", "PROCESSING", "SUCCESSFUL", "FAILED"],
  PENDING: ["PROCESSING", "SUCCESSFUL", "FAILED"],
  PROCESSING: ["SUCCESSFUL", "FAILED"],
  SUCCESSFUL: [],
  FAILED: [],
};

export function isFinalPayoutStatus(status: PayoutStatus): boolean {
  return payoutMoves[status].length === 0;
}

/** Payout news carries no time: the order of the stages decides. */
export function judgePayout(known: PayoutStatus | null, news: PayoutStatus, isLookUp: boolean): Verdict {
  if (known === null) return "APPLY";
  if (known === news) return "SAME";
  if (payoutMoves[known].includes(news)) return "APPLY";
  if (!isFinalPayoutStatus(known) || !isFinalPayoutStatus(news)) return "STALE";
  return isLookUp ? "CORRECT" : "CONTRADICTION";
}

// Settles two statuses with one and the same time, so that the order of arrival does not.
const customerRanks: Record<CustomerStatus, number> = { PENDING: 0, PROCESSING: 1, REJECTED: 2, VERIFIED: 3 };

const customerMovesWithoutClock: Record<CustomerStatus, readonly CustomerStatus[]> = {
  PENDING: ["PROCESSING", "VERIFIED", "REJECTED"],
  PROCESSING: ["VERIFIED", "REJECTED"],
  VERIFIED: [],
  REJECTED: ["PENDING", "PROCESSING", "VERIFIED"],
};

export interface DatedCustomerStatus {
  status: CustomerStatus;
  /** Milliseconds by the provider's clock; null where it gave none. */
  at: number | null;
}

/** No customer status is final: the provider's clock decides which news is newer. */
export function judgeCustomer(known: DatedCustomerStatus | null, news: DatedCustomerStatus): Verdict {
  if (known === null) return "APPLY";
  if (news.at === null) {
    if (known.status === news.status) return "SAME";
    return customerMovesWithoutClock[known.status].includes(news.status) ? "APPLY" : "STALE";
  }
  if (known.at !== null && isEarlier(news.at, known.at)) return "STALE";
  if (known.status === news.status) return "SAME";
  if (known.at !== null && isSameMoment(news.at, known.at) && customerRanks[news.status] < customerRanks[known.status])
    return "STALE";
  return "APPLY";
}

/** Whether the news is certainly older than what is known. */
export function isEarlier(news: number, known: number): boolean {
  return news < known && !isSameMoment(news, known);
}

/** News that gives its time in whole seconds can be from anywhere within its second. */
function isSameMoment(news: number, known: number): boolean {
  return news === known || (news % 1000 === 0 && news === Math.floor(known / 1000) * 1000);
}

const documentStages: readonly DocumentStatus[] = ["REQUESTED", "UPLOADED", "ATTACHED"];

export function judgeDocument(known: DocumentStatus | null, news: DocumentStatus): Verdict {
  if (known === null) return "APPLY";
  if (known === news) return "SAME";
  return documentStages.indexOf(news) > documentStages.indexOf(known) ? "APPLY" : "STALE";
}

// The rules by which news is judged against what is known. Pure: no clock, no store.

import type { Verdict } from "../domain/payout-status.js";
import type { CustomerStatus } from "../schema/customer.enum.js";
import type { DocumentStatus } from "../schema/document.enum.js";

export type { Verdict } from "../domain/payout-status.js";

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

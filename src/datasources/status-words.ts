// The only place where the provider's words for a status become ours. They differ in case, in spelling and in kind between
// endpoints, webhooks and versions of the documentation. Only clear synonyms are here: any other word is unknown.

import type { CustomerStatus, CustomerType } from "../schema/customer.enum.js";
import type { PayoutStatus } from "../schema/payout.enum.js";

const customerStatuses = words<CustomerStatus>({
  PENDING: [],
  PROCESSING: ["IN_PROGRESS"],
  VERIFIED: ["APPROVED"],
  REJECTED: ["DECLINED"],
});

const payoutStatuses = words<PayoutStatus>({
  PENDING: ["INITIATED"],
  PROCESSING: ["IN_PROGRESS"],
  SUCCESSFUL: ["COMPLETED", "COMPLETE", "SUCCESS", "SUCCEEDED", "SUCCESSFULLY", "SUCCESSFULLY_COMPLETED", "PAID"],
  // What never arrived, and what came back: an SDK, a consumer and collections use these words.
  FAILED: ["FAILURE", "CANCELLED", "CANCELED", "REVERSED", "RETURNED", "EXPIRED", "REJECTED", "DECLINED"],
});

const customerTypes = words<CustomerType>({ INDIVIDUAL: [], BUSINESS: [] });

export type StatusSubject = "customer status" | "payout status" | "customer type";

/** A word that nobody told us the meaning of. Its event is parked, because a guess could end a payment that still moves. */
export class UnknownStatusWord extends Error {
  override readonly name = "UnknownStatusWord";
  readonly subject: StatusSubject;
  readonly word: string;

  constructor(subject: StatusSubject, word: string) {
    // Cut and quoted: the word comes from outside and ends up in logs.
    const shown = word.slice(0, 40);
    super(`The provider said ${JSON.stringify(shown)}, which is not a known ${subject}.`);
    this.subject = subject;
    this.word = shown;
  }
}

export function toCustomerStatus(word: string): CustomerStatus {
  return known(customerStatuses, "customer status", word);
}

export function toPayoutStatus(word: string): PayoutStatus {
  return known(payoutStatuses, "payout status", word);
}

export function toCustomerType(word: string): CustomerType {
  return known(customerTypes, "customer type", word);
}

function known<T>(meanings: ReadonlyMap<string, T>, subject: StatusSubject, word: string): T {
  const meaning = meanings.get(toKey(word));
  if (meaning === undefined) throw new UnknownStatusWord(subject, word);
  return meaning;
}

function words<T extends string>(synonyms: Partial<Record<T, readonly string[]>>): ReadonlyMap<string, T> {
  const entries = Object.entries<readonly string[] | undefined>(synonyms) as [T, readonly string[]][];
  return new Map(entries.flatMap(([meaning, others]) => [meaning, ...others].map((word) => [toKey(word), meaning])));
}

/** In any case, and with blanks, dashes, underscores or nothing between its parts. */
function toKey(word: string): string {
  return word.replaceAll(/[\s_.-]/g, "").toUpperCase();
}

// The only place where the provider's words for a status become ours. They differ in case and kind between
// endpoints, webhooks and versions of the documentation.

import type { CustomerStatus, CustomerType } from "../schema/customer.enum.js";
import type { PayoutStatus } from "../schema/payout.enum.js";

const customerStatuses: ReadonlyMap<string, CustomerStatus> = new Map([
  ["PENDING", "PENDING"],
  ["PROCESSING", "PROCESSING"],
  ["VERIFIED", "VERIFIED"],
  ["APPROVED", "VERIFIED"],
  ["REJECTED", "REJECTED"],
]);

const payoutStatuses: ReadonlyMap<string, PayoutStatus> = new Map([
  ["PENDING", "PENDING"],
  ["PROCESSING", "PROCESSING"],
  ["SUCCESSFUL", "SUCCESSFUL"],
  ["COMPLETED", "SUCCESSFUL"],
  ["FAILED", "FAILED"],
  ["CANCELLED", "FAILED"],
  ["REVERSED", "FAILED"],
  ["EXPIRED", "FAILED"],
]);

const customerTypes: ReadonlyMap<string, CustomerType> = new Map([
  ["INDIVIDUAL", "INDIVIDUAL"],
  ["BUSINESS", "BUSINESS"],
]);

export type StatusSubject = "customer status" | "payout status" | "customer type";

/** A word that nobody told us the meaning of. Its news is parked, because a guess could end a payment that still moves. */
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

function known<T>(words: ReadonlyMap<string, T>, subject: StatusSubject, word: string): T {
  const meaning = words.get(word.trim().toUpperCase());
  if (meaning === undefined) throw new UnknownStatusWord(subject, word);
  return meaning;
}

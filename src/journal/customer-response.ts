// What an error of the provider client means for the state machine of createCustomer.

import type { ProviderError } from "../datasources/provider-error.js";
import type { CreationEvent } from "../domain/customer-creation.js";
import { isRefusal, toCustomerRejection } from "./refusals.js";

/** The event of a sending that was not accepted. */
export function toSendingEvent(error: ProviderError, fence: number): CreationEvent {
  const { retryAfterSeconds } = error;
  const wait = retryAfterSeconds === undefined ? {} : { retryAfterMs: retryAfterSeconds * 1000 };
  if (error.isUnsent) return { kind: "UNSENT", fence, ...wait };
  if (error.outcome === "UNKNOWN") return { kind: "UNKNOWN", fence };
  if (isRefusal(error)) {
    const rejection = JSON.stringify(toCustomerRejection(error).userErrors);
    return { kind: "REJECTED", fence, rejection, isDuplicate: isDuplicate(error) };
  }
  const isNotDone = ["UNAUTHENTICATED", "FORBIDDEN", "RATE_LIMITED"].includes(error.kind);
  return isNotDone ? { kind: "NOT_DONE", fence, ...wait } : { kind: "UNKNOWN", fence };
}

const duplicateWords = /duplicate|already|exist|taken|in use|registered|unique/i;

/** Whether the rejection speaks of something that exists already. */
function isDuplicate({ providerMessage, fieldErrors }: ProviderError): boolean {
  const texts = Object.entries(fieldErrors).flatMap(([field, messages]) => [field, ...messages]);
  return [providerMessage ?? "", ...texts].some((text) => duplicateWords.test(text));
}

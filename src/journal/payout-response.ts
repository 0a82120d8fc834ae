// What the provider's response to a payout proves, in the words of the state machine.

import type { PayoutCommand } from "../datasources/commands.js";
import type { ProviderError } from "../datasources/provider-error.js";
import type { PayoutResponse } from "../domain/payout-life.js";
import { toPayoutRejection } from "./refusals.js";

const defaultPauseMs = 1_000;
const longestPauseMs = 60_000;

export function toPayoutResponse(error: ProviderError, command: PayoutCommand): PayoutResponse {
  if (error.kind === "RATE_LIMITED") {
    const { retryAfterSeconds } = error;
    const waitMs = retryAfterSeconds === undefined ? defaultPauseMs : retryAfterSeconds * 1000;
    return { type: "RATE_LIMITED", waitMs: Math.min(waitMs, longestPauseMs) };
  }
  if (error.isUnsent) return { type: "NOT_SENT" };
  switch (error.kind) {
    case "REFUSED":
    case "NOT_FOUND":
    case "OTHER_REJECTION": {
      if (isDuplicate(error)) return { type: "CONFLICT" };
      const rejection = JSON.stringify(toPayoutRejection(error, command).userErrors);
      return { type: error.kind === "REFUSED" ? "REJECTED" : "OTHER_REJECTION", rejection };
    }
    case "UNAUTHENTICATED":
    case "FORBIDDEN":
      return { type: "FORBIDDEN" };
    case "CONFLICT":
      return { type: "CONFLICT" };
    default:
      return { type: "UNKNOWN" };
  }
}

// "Reference" is in the published text, and none of our other fields is called so.
const duplicateWords = /reference|duplicat|already|exist(s|ed|ing)\b|\btwice\b|in use\b/i;
const duplicateKeys = /reference|duplicat|exist/i;

/** Whether the rejection speaks of a reference, a duplicate, or something that already exists. */
export function isDuplicate({ providerMessage, fieldErrors }: ProviderError): boolean {
  const texts = [providerMessage ?? "", ...Object.values(fieldErrors).flat()];
  return (
    texts.some((text) => duplicateWords.test(text)) || Object.keys(fieldErrors).some((key) => duplicateKeys.test(key))
  );
}

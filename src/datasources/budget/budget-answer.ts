import type { AnswerHeaders } from "../answer-headers.js";
import { toRetryAfterSeconds } from "../retry-after.js";
import type { BudgetAnswer } from "./provider-budget.js";

/** The rate limit by an answer's headers. The reset is moved from the provider's clock to ours. */
export function toBudgetAnswer(status: number, headers: AnswerHeaders): BudgetAnswer {
  const limit = toCount(headers.get("x-ratelimit-limit"));
  const remaining = toCount(headers.get("x-ratelimit-remaining"));
  const seconds = toRetryAfterSeconds(headers);
  return {
    status,
    ...(limit === undefined ? {} : { limit }),
    ...(remaining === undefined ? {} : { remaining }),
    ...(seconds !== undefined && headers.has("x-ratelimit-reset")
      ? { resetAt: new Date(Date.now() + seconds * 1000) }
      : {}),
    ...(seconds !== undefined && status === 429 ? { retryAfterSeconds: seconds } : {}),
  };
}

function toCount(text: string | null): number | undefined {
  return text !== null && /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}

// How long the provider wants to be left alone. Its headers name moments on its own clock, so they are compared with
// its own Date header where it sends one, and no answer makes us wait for longer than its window of one minute.

import type { AnswerHeaders } from "./answer-headers.js";

const windowSeconds = 60;

/** Undefined where the headers say nothing. */
export function toRetryAfterSeconds(headers: AnswerHeaders): number | undefined {
  const now = toSeconds(headers.get("date")) ?? Date.now() / 1000;
  const seconds = fromRetryAfter(headers.get("retry-after"), now) ?? fromReset(headers.get("x-ratelimit-reset"), now);
  return seconds === undefined ? undefined : Math.min(Math.max(Math.ceil(seconds), 1), windowSeconds);
}

/** After a 429 that says nothing, the whole window has to pass. */
export function toRateLimitPause(headers: AnswerHeaders): number {
  return toRetryAfterSeconds(headers) ?? windowSeconds;
}

function fromRetryAfter(value: string | null, now: number): number | undefined {
  if (value === null) return undefined;
  if (/^\d{1,9}$/.test(value)) return Number(value);
  const moment = toSeconds(value);
  return moment === undefined ? undefined : moment - now;
}

function fromReset(value: string | null, now: number): number | undefined {
  return value !== null && /^\d{1,12}(?:\.\d+)?$/.test(value) ? Number(value) - now : undefined;
}

function toSeconds(httpDate: string | null): number | undefined {
  const milliseconds = httpDate === null ? Number.NaN : Date.parse(httpDate);
  return Number.isNaN(milliseconds) ? undefined : milliseconds / 1000;
}

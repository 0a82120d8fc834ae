// A read that got no answer is asked again, twice at most and only while there is time. What may change something at the
// provider never comes here.

import { ExponentialBackoff, handleWhenResult, retry } from "cockatiel";
import { isProviderError, type ProviderError } from "../provider-error.js";

const longestPauseMs = 1_000;

interface Outcome<T> {
  answer?: T;
  error?: ProviderError;
  isWorthRepeating: boolean;
}

const policy = retry(
  handleWhenResult((outcome) => (outcome as Outcome<unknown>).isWorthRepeating),
  // Jittered by itself: many readers that failed together do not come back together.
  { maxAttempts: 2, backoff: new ExponentialBackoff({ initialDelay: 150, maxDelay: longestPauseMs }) },
);

export interface Attempt {
  /** Set by the attempt once its request goes out: what failed before that would fail again. */
  isSent: boolean;
}

export async function retryRead<T>(deadlineMs: number, attempt: (state: Attempt) => Promise<T>): Promise<T> {
  const outcome = await policy.execute(async (): Promise<Outcome<T>> => {
    const state: Attempt = { isSent: false };
    try {
      return { answer: await attempt(state), isWorthRepeating: false };
    } catch (error) {
      if (!isProviderError(error)) throw error;
      return { error, isWorthRepeating: state.isSent && isPassing(error) && hasTime(deadlineMs) };
    }
  });
  if (outcome.error) throw outcome.error;
  return outcome.answer as T;
}

/** Who names a time wants to be left alone until then. */
function isPassing({ kind, retryAfterSeconds }: ProviderError): boolean {
  return kind === "UNAVAILABLE" && retryAfterSeconds === undefined;
}

function hasTime(deadlineMs: number): boolean {
  return deadlineMs - performance.now() > longestPauseMs;
}

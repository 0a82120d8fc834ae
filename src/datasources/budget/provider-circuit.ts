// While an endpoint of the provider is down, its calls fail at once instead of each waiting out its timeout; nothing is sent meanwhile. One
// call at a time then tries whether it is back.

import { CircuitState, ConsecutiveBreaker, circuitBreaker, handleWhenResult } from "cockatiel";
import type { Logger } from "pino";
import { isProviderError, ProviderError, type ProviderErrorKind } from "../provider-error.js";
import { isBudgetSpent } from "./provider-budget.js";

const failuresInARow = 5;
/** How long nothing is sent after failures in a row. */
export const defaultOpenMs = 5_000;

/** A refused credential and a forbidden address do not mend themselves by asking on. */
const failures: ReadonlySet<ProviderErrorKind> = new Set(["UNAVAILABLE", "UNAUTHENTICATED", "FORBIDDEN"]);

interface Outcome<T> {
  answer?: T;
  error?: ProviderError;
  isFailure: boolean;
}

export class ProviderCircuit {
  // The library measures the open time by the wall clock, which may step back by an hour: its own wait is switched off,
  // and `#openUntilMs` decides.
  readonly #policy = circuitBreaker(
    handleWhenResult((outcome) => (outcome as Outcome<unknown>).isFailure),
    { breaker: new ConsecutiveBreaker(failuresInARow), halfOpenAfter: Number.NEGATIVE_INFINITY },
  );
  #openUntilMs = Number.NEGATIVE_INFINITY;

  constructor(logger: Logger, openMs = defaultOpenMs) {
    this.#policy.onBreak((reason) => {
      const { error } = ("value" in reason ? reason.value : {}) as Partial<Outcome<unknown>>;
      if (!error || isBudgetSpent(error)) return;
      this.#openUntilMs = performance.now() + openMs;
      logger.error({ kind: error.kind, reason: error.message }, "The provider fails: no calls for some seconds.");
    });
    this.#policy.onReset(() => logger.info("The provider answers again."));
  }

  async run<T>(label: string, call: () => Promise<T>): Promise<T> {
    const { state } = this.#policy;
    const waitMs = this.#openUntilMs - performance.now();
    const isProbe = state === CircuitState.Open && waitMs <= 0;
    if (state !== CircuitState.Closed && !isProbe) throw refusal(label, waitMs);
    const outcome = await this.#policy.execute(() => toOutcome(call, isProbe));
    if (outcome.error) throw outcome.error;
    return outcome.answer as T;
  }
}

async function toOutcome<T>(call: () => Promise<T>, isProbe: boolean): Promise<Outcome<T>> {
  try {
    return { answer: await call(), isFailure: false };
  } catch (error) {
    if (!isProviderError(error)) throw error;
    if (!isBudgetSpent(error)) return { error, isFailure: isFailureOfProvider(error) };
    // It never went out: no proof for the provider and none against it. As a probe it leaves its place to the next.
    if (!isProbe) throw error;
    return { error, isFailure: true };
  }
}

/** A proxy that rejects one request under a 4xx, e.g. for its content, says nothing of the others. */
function isFailureOfProvider({ kind, httpStatus = 0 }: ProviderError): boolean {
  const isRejectedOnTheWay = kind === "UNAVAILABLE" && httpStatus >= 400 && httpStatus < 500;
  return failures.has(kind) && !isRejectedOnTheWay;
}

function refusal(label: string, waitMs: number): ProviderError {
  return new ProviderError("UNAVAILABLE", `${label}: not sent, since the provider is not available.`, {
    outcome: "NOT_DONE",
    isUnsent: true,
    retryAfterSeconds: Math.max(1, Math.ceil(waitMs / 1000)),
  });
}

// Sends a write that may be repeated. When its outcome is unknown, the provider is asked whether it is done, and the
// write is sent once more if not.

import { ProviderError } from "../datasources/provider-error.js";
import { judgeFailedSending, nextStepOfWrite, type ReadBack } from "../domain/write-outcome.js";
import type { Rejection } from "../schema/rejection.js";
import type { Logger } from "../telemetry/logger.js";

export interface WriteNotice {
  /** For the log. */
  name: string;
  /** What the caller is told while the outcome is unknown, in place of the general sentence. */
  unknownMessage?: string;
}

export interface RepeatableWrite<T> extends WriteNotice {
  send(): Promise<T>;
  /** The result where the provider shows that the write is done, null where it shows that it is not. Absent where the
   * provider shows nothing of it. */
  readBack?: () => Promise<T | null>;
  toRejection(error: ProviderError): Rejection;
}

export async function sendRepeatable<T>(write: RepeatableWrite<T>, logger: Logger, deadlineMs: number): Promise<T> {
  let isEarlierUnknown = false;
  for (let sendings = 1; ; sendings += 1) {
    try {
      return await write.send();
    } catch (error) {
      if (!(error instanceof ProviderError)) throw error;
      const outcome = judgeFailedSending(error);
      let seen: { readBack: ReadBack; result: T | null } | null = null;
      let step = nextStepOfWrite({ outcome, sendings, isEarlierUnknown, readBack: null });
      if (step === "READ_BACK") {
        seen = await readBack(write, logger);
        step = nextStepOfWrite({ outcome, sendings, isEarlierUnknown, readBack: seen.readBack });
      }
      if (outcome !== "REJECTED") logger.warn({ err: error, step }, `${write.name} failed.`);
      if (step === "ANSWER_DONE") return seen?.result as T;
      if (step === "ANSWER_REJECTED") throw write.toRejection(error);
      if (step === "ANSWER_NOT_DONE") throw toNotDone(error);
      if (step !== "SEND_AGAIN" || performance.now() >= deadlineMs) throw unknownOutcome(write);
      isEarlierUnknown = true;
    }
  }
}

const retryAfterSeconds = 5;

export const notConfirmed = "The provider has not confirmed this yet. Send the same call again to get its result.";

function unknownOutcome({ name, unknownMessage }: WriteNotice): ProviderError {
  return new ProviderError("UNAVAILABLE", `${name}: the outcome is not known yet.`, {
    outcome: "UNKNOWN",
    retryAfterSeconds,
    callerMessage: unknownMessage,
  });
}

/**
 * Resolves or rejects with the work, or rejects by `withinMs` at the latest. The work then goes on: the result of a late
 * response is still recorded, and the same call sent again finds it.
 */
export async function answerWithin<T>(
  notice: WriteNotice,
  withinMs: number,
  logger: Logger,
  work: Promise<T>,
): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  let isLate = false;
  work.catch((err) => {
    if (isLate) logger.warn({ err }, `${notice.name} failed after its caller had been answered.`);
  });
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      isLate = true;
      reject(unknownOutcome(notice));
    }, withinMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

async function readBack<T>(
  write: RepeatableWrite<T>,
  logger: Logger,
): Promise<{ readBack: ReadBack; result: T | null }> {
  if (!write.readBack) return { readBack: "INVISIBLE", result: null };
  try {
    const result = await write.readBack();
    return { readBack: result === null ? "NOT_SHOWN" : "SHOWN", result };
  } catch (err) {
    if (!(err instanceof ProviderError)) throw err;
    logger.warn({ err }, `${write.name}: reading the result back failed.`);
    return { readBack: "NO_ANSWER", result: null };
  }
}

/** Nothing was done. Whatever its kind, the caller learns that the provider cannot be used, or takes no more calls. */
function toNotDone(error: ProviderError): ProviderError {
  if (error.kind === "RATE_LIMITED") return error;
  return new ProviderError("UNAVAILABLE", error.message, {
    ...error,
    retryAfterSeconds: error.retryAfterSeconds ?? retryAfterSeconds,
  });
}

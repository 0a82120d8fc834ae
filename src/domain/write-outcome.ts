// What a failed response to a repeatable write proves, and what to do next. Repeatable writes are: attaching documents,
// updating a customer, asking for a pre-signed URL. Pure: no I/O, no clock.

/** The provider's answer to one sending, by kind of error. `isUnsent`: not one byte of the request has left. */
export interface FailedSending {
  kind: string;
  isUnsent: boolean;
}

/** REJECTED: the provider says no. NOT_DONE: it has not worked on this sending. UNKNOWN: it may have done what was asked. */
export type WriteOutcome = "REJECTED" | "NOT_DONE" | "UNKNOWN";

const outcomes: Readonly<Record<string, WriteOutcome>> = {
  REFUSED: "REJECTED",
  NOT_FOUND: "REJECTED",
  UNAUTHENTICATED: "NOT_DONE",
  FORBIDDEN: "NOT_DONE",
  RATE_LIMITED: "NOT_DONE",
};

export function judgeFailedSending({ kind, isUnsent }: FailedSending): WriteOutcome {
  return isUnsent ? "NOT_DONE" : (outcomes[kind] ?? "UNKNOWN");
}

/** What reading back showed: that it is done, that it is not, or nothing (it failed, or this write cannot be seen). */
export type ReadBack = "SHOWN" | "NOT_SHOWN" | "NO_ANSWER" | "INVISIBLE";

/** ANSWER_… ends the write: with its result, user errors, "not done", or "unknown, try again". */
export type NextStep =
  | "READ_BACK"
  | "SEND_AGAIN"
  | "ANSWER_DONE"
  | "ANSWER_REJECTED"
  | "ANSWER_NOT_DONE"
  | "ANSWER_UNKNOWN";

export interface WriteState {
  outcome: WriteOutcome;
  /** How many sendings were tried, this one included. */
  sendings: number;
  /** An earlier sending may have been worked on. */
  isEarlierUnknown: boolean;
  readBack: ReadBack | null;
}

const maxSendings = 2;

export function nextStepOfWrite({ outcome, sendings, isEarlierUnknown, readBack }: WriteState): NextStep {
  if (outcome === "NOT_DONE" && !isEarlierUnknown) return "ANSWER_NOT_DONE";
  if (readBack === null) return "READ_BACK";
  if (readBack === "SHOWN") return "ANSWER_DONE";
  if (outcome === "REJECTED" && readBack !== "NO_ANSWER") return "ANSWER_REJECTED";
  return outcome === "UNKNOWN" && sendings < maxSendings ? "SEND_AGAIN" : "ANSWER_UNKNOWN";
}

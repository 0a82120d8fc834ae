// One createCustomer command as a state machine: (state, event) -> (state, effects). Pure: no I/O and no clock.
//
// The provider knows no reference for a customer. The machine therefore asks for a look-up before every second sending, and
// sends again only when two look-ups, some time apart, found nothing. A crash, a restart and a lost lease are no events of
// their own: the state stays as it is, its lease ends, and the next node's CLAIMED goes on from there. The events of the
// node that lost the lease carry an old fence and change nothing, unless they report that the customer exists.

export type CreationStage = "TO_SEND" | "SENDING" | "TO_CONFIRM" | "DONE" | "REJECTED" | "RELEASED";

export interface CustomerCreation {
  stage: CreationStage;
  /** Grows with each node that takes the command. */
  fence: number;
  /** Until when the node that took it has it for itself; 0 where no node has it. */
  leaseUntilMs: number;
  /** When it is to be taken up again. */
  dueAtMs: number;
  /** Sendings of which at least one byte may have reached the provider. */
  sendings: number;
  /** When the present sending began; null unless SENDING. */
  sendingSinceMs: number | null;
  /** When the last earlier sending began that the provider may have accepted; null while there is none. */
  sentAtMs: number | null;
  /** When a look-up after that sending first found nothing. */
  absentSinceMs: number | null;
  /** Attempts in a row that brought nothing. */
  failures: number;
  /** What the provider rejected the customer with. Final only in REJECTED. */
  rejection: string | null;
  customerId: string | null;
}

/** `fence` is the sender's: an event of a node that has lost the command is recognised by it. */
export type CreationEvent =
  | { kind: "CLAIMED" }
  | { kind: "RENEWED"; fence: number }
  /** A request is about to go out. */
  | { kind: "PERMISSION_ASKED"; fence: number }
  /** 2xx that describes the customer. */
  | { kind: "ACCEPTED"; customerId: string }
  /** 400, 404 or 422 in the provider's own JSON. */
  | { kind: "REJECTED"; fence: number; rejection: string; isDuplicate: boolean }
  /** 401, 403 or 429 in the provider's own JSON. */
  | { kind: "NOT_DONE"; fence: number; retryAfterMs?: number }
  /** No byte left. */
  | { kind: "UNSENT"; fence: number; retryAfterMs?: number }
  /** Any other response, or none. */
  | { kind: "UNKNOWN"; fence: number }
  | { kind: "FOUND"; customerId: string }
  | { kind: "ABSENT"; fence: number; askedAtMs: number }
  | { kind: "NOT_ANSWERED"; fence: number; retryAfterMs?: number };

export type CreationEffect =
  | { kind: "LOOK_UP" }
  /** Make the request, and ask for permission right before its bytes go out. */
  | { kind: "SEND" }
  /** The permission. */
  | { kind: "WRITE_REQUEST" }
  /** The provider has two customers for one command. */
  | { kind: "REPORT_DUPLICATE"; customerId: string };

export interface CreationStep {
  state: CustomerCreation;
  effects: CreationEffect[];
}

export interface CreationRules {
  /** How far apart two look-ups must be to prove an absence. */
  absenceGapMs: number;
  leaseMs: number;
}

// In gaps: the wait before the next sending doubles up to it.
const longestDistance = 12;
// A look-up that failed is repeated after a fifth of the gap, then at twice that, and so on.
const shortestRetry = 1 / 5;

export function newCreation(dueAtMs: number): CustomerCreation {
  return {
    stage: "TO_SEND",
    fence: 0,
    leaseUntilMs: 0,
    dueAtMs,
    sendings: 0,
    sendingSinceMs: null,
    sentAtMs: null,
    absentSinceMs: null,
    failures: 0,
    rejection: null,
    customerId: null,
  };
}

export function isEnded({ stage }: CustomerCreation): boolean {
  return stage === "DONE" || stage === "REJECTED" || stage === "RELEASED";
}

export function stepCreation(
  state: CustomerCreation,
  event: CreationEvent,
  nowMs: number,
  rules: CreationRules,
): CreationStep {
  switch (event.kind) {
    case "ACCEPTED":
    case "FOUND":
      return exists(state, event);
    case "CLAIMED":
      return claim(state, nowMs, rules);
    default:
      if (isEnded(state) || event.fence !== state.fence) return unchanged(state);
      return report(state, event, nowMs, rules);
  }
}

type Report = Exclude<CreationEvent, { kind: "ACCEPTED" | "FOUND" | "CLAIMED" }>;

function report(state: CustomerCreation, event: Report, nowMs: number, rules: CreationRules): CreationStep {
  switch (event.kind) {
    case "RENEWED":
      return unchanged({ ...state, leaseUntilMs: nowMs + rules.leaseMs });
    case "PERMISSION_ASKED":
      return permit(state, nowMs);
    case "REJECTED":
      return reject(state, event);
    case "NOT_DONE":
    case "UNSENT":
      return notDone(state, event, nowMs, rules);
    case "UNKNOWN":
      return unknown(state);
    case "ABSENT":
      return absent(state, event.askedAtMs, nowMs, rules);
    case "NOT_ANSWERED":
      return notAnswered(state, event.retryAfterMs, nowMs, rules);
  }
}

/** The customer exists: that counts whoever reports it, and whatever was concluded before. */
function exists(state: CustomerCreation, event: { kind: "ACCEPTED" | "FOUND"; customerId: string }): CreationStep {
  const { kind, customerId } = event;
  if (state.stage !== "DONE") return unchanged({ ...ended(state, "DONE"), rejection: null, customerId });
  if (kind === "FOUND" || customerId === state.customerId) return unchanged(state);
  return { state, effects: [{ kind: "REPORT_DUPLICATE", customerId }] };
}

function claim(state: CustomerCreation, nowMs: number, { leaseMs }: CreationRules): CreationStep {
  if (isEnded(state) || nowMs < state.leaseUntilMs) return unchanged(state);
  const taken = { ...state, fence: state.fence + 1, leaseUntilMs: nowMs + leaseMs };
  if (state.stage === "SENDING") return unknown(taken);
  // An absence that was proven before the node stopped is not proof enough now.
  const stage = state.sentAtMs === null ? "TO_SEND" : "TO_CONFIRM";
  const effect: CreationEffect = { kind: state.sendings === 0 ? "SEND" : "LOOK_UP" };
  return { state: { ...taken, stage }, effects: [effect] };
}

function permit(state: CustomerCreation, nowMs: number): CreationStep {
  if (nowMs >= state.leaseUntilMs) return unchanged(state);
  const effects: CreationEffect[] = [{ kind: "WRITE_REQUEST" }];
  // Again within one sending: the provider did not accept the token, and a new one was fetched.
  if (state.stage === "SENDING") return { state, effects };
  if (state.stage !== "TO_SEND") return unchanged(state);
  return { state: { ...state, stage: "SENDING", sendingSinceMs: nowMs, sendings: state.sendings + 1 }, effects };
}

function reject(
  state: CustomerCreation,
  { rejection, isDuplicate }: { rejection: string; isDuplicate: boolean },
): CreationStep {
  if (state.stage !== "SENDING") return unchanged(state);
  if (state.sentAtMs === null && !isDuplicate) return unchanged({ ...ended(state, "REJECTED"), rejection });
  // What is said to exist may be what an earlier sending made.
  return lookUpAfterSending({ ...state, rejection });
}

function unknown(state: CustomerCreation): CreationStep {
  return state.stage === "SENDING" ? lookUpAfterSending(state) : unchanged(state);
}

function lookUpAfterSending(state: CustomerCreation): CreationStep {
  const { sendingSinceMs } = state;
  const sent = { sentAtMs: sendingSinceMs, sendingSinceMs: null, absentSinceMs: null, failures: 0 };
  return { state: { ...state, ...sent, stage: "TO_CONFIRM" }, effects: [{ kind: "LOOK_UP" }] };
}

function notDone(
  state: CustomerCreation,
  { kind, retryAfterMs }: { kind: "NOT_DONE" | "UNSENT"; retryAfterMs?: number },
  nowMs: number,
  rules: CreationRules,
): CreationStep {
  if (state.stage !== "SENDING" && state.stage !== "TO_SEND") return unchanged(state);
  const isTakenBack = kind === "UNSENT" && state.stage === "SENDING";
  const back = { ...state, sendingSinceMs: null, sendings: state.sendings - (isTakenBack ? 1 : 0) };
  if (state.sentAtMs === null) return unchanged(ended(back, "RELEASED"));
  // It proves nothing of the sendings before it.
  return retry({ ...back, stage: "TO_CONFIRM" }, retryAfterMs, nowMs, rules);
}

function absent(state: CustomerCreation, askedAtMs: number, nowMs: number, rules: CreationRules): CreationStep {
  // Every sending so far was proven not to have been done.
  if (state.stage === "TO_SEND") return { state: { ...state, failures: 0 }, effects: [{ kind: "SEND" }] };
  if (state.stage !== "TO_CONFIRM") return unchanged(state);
  // Where the clock was ahead then, counting begins again.
  const sinceMs = Math.min(state.absentSinceMs ?? nowMs, nowMs);
  const doublings = state.rejection === null ? Math.max(0, state.sendings - 1) : 0;
  const gapMs = rules.absenceGapMs * Math.min(2 ** doublings, longestDistance);
  const isProven = state.absentSinceMs !== null && askedAtMs - sinceMs >= gapMs;
  const next = { ...state, absentSinceMs: sinceMs, failures: 0 };
  if (!isProven) return unchanged({ ...next, leaseUntilMs: 0, dueAtMs: sinceMs + gapMs });
  if (state.rejection !== null) return unchanged(ended(next, "REJECTED"));
  return { state: { ...next, stage: "TO_SEND" }, effects: [{ kind: "SEND" }] };
}

function notAnswered(
  state: CustomerCreation,
  retryAfterMs: number | undefined,
  nowMs: number,
  rules: CreationRules,
): CreationStep {
  if (state.stage === "TO_SEND") return unchanged(ended(state, "RELEASED"));
  if (state.stage !== "TO_CONFIRM") return unchanged(state);
  return retry(state, retryAfterMs, nowMs, rules);
}

function retry(
  state: CustomerCreation,
  retryAfterMs: number | undefined,
  nowMs: number,
  { absenceGapMs }: CreationRules,
): CreationStep {
  const ownMs = absenceGapMs * Math.min(shortestRetry * 2 ** Math.min(state.failures, 10), longestDistance);
  const waitMs = Math.max(ownMs, Math.min(retryAfterMs ?? 0, absenceGapMs * longestDistance));
  const dueAtMs = nowMs + Math.ceil(waitMs);
  return unchanged({ ...state, leaseUntilMs: 0, dueAtMs, failures: state.failures + 1 });
}

function ended(state: CustomerCreation, stage: CreationStage): CustomerCreation {
  return { ...state, stage, leaseUntilMs: 0, sendingSinceMs: null };
}

function unchanged(state: CustomerCreation): CreationStep {
  return { state, effects: [] };
}

// The life of a payout that the gateway sends, as one state machine over the payout and its intent together. Pure: no
// I/O and no clock. The journal feeds it events and carries out its effects; `npm run model` explores it exhaustively.

import { isEndedByGateway, judgeReport, type PayoutStatus } from "./payout-status.js";

/**
 * OPEN: to be sent. SENDING: a request may be on its way. UNCONFIRMED: sent, and to be looked up. DONE: nothing is left to
 * do. REFUSED: the provider rejected it for good. RELEASED: nothing was sent, and the key may be used again.
 */
export type IntentState = "OPEN" | "SENDING" | "UNCONFIRMED" | "DONE" | "REFUSED" | "RELEASED";

export interface PayoutLife {
  /** What clients see. */
  status: PayoutStatus;
  transactionId: string | null;
  /** What the gateway has to do. */
  intent: IntentState;
  /** How many sendings the provider may have received, the present one included. */
  sendings: number;
  /** When the last of them began. */
  sentAtMs: number | null;
  /** What the provider rejected, as the journal stores it. Final once the intent is REFUSED. */
  rejection: string | null;
  /** When the first of the look-ups was asked that found nothing since the last sending. */
  absentSinceMs: number | null;
  /** When the payout became SUBMITTING. */
  submittedAtMs: number;
  /** Tries since the last one that brought something. */
  attempts: number;
}

/** What a response to `POST /payout` proves. */
export type PayoutResponse =
  /** No byte of this request has left. */
  | { type: "NOT_SENT" }
  /** 2xx about this payout. `status` is null where its word is not known. */
  | { type: "ACCEPTED"; status: PayoutStatus | null; transactionId: string }
  /** 400 or 422 in the provider's own JSON, not a duplicate. */
  | { type: "REJECTED"; rejection: string }
  /** Another 4xx in the provider's own JSON. */
  | { type: "OTHER_REJECTION"; rejection: string }
  /** 401 after a fresh token, or 403, in the provider's own JSON. */
  | { type: "FORBIDDEN" }
  /** 429 in the provider's own JSON, or the gateway's own budget was spent. */
  | { type: "RATE_LIMITED"; waitMs: number }
  /** 409, 423, 425, or a duplicate reference in any wording. */
  | { type: "CONFLICT" }
  /** Everything else. */
  | { type: "UNKNOWN" };

export type LookUp =
  /** The provider has it under our reference, as it was ordered. */
  | { type: "FOUND"; status: PayoutStatus; transactionId: string }
  /** It has something under our reference whose type or status is not known, or that differs from the order. */
  | { type: "UNCLEAR" }
  /** The provider's own 404. */
  | { type: "ABSENT" }
  | { type: "NOT_ANSWERED" };

export type PayoutEvent =
  /** A sender asks for permission, right before the bytes go out. */
  | { type: "SEND"; nowMs: number }
  | { type: "RESPONSE"; response: PayoutResponse; nowMs: number }
  /** The sender's lease ran out, or its process ended, before it recorded a response. */
  | { type: "SENDER_LOST"; nowMs: number }
  | { type: "LOOK_UP"; result: LookUp; askedAtMs: number; nowMs: number }
  /** A webhook, a reconciliation's look-up, or an accepted response whose sender had lost its lease. */
  | { type: "REPORT"; status: PayoutStatus; transactionId: string; isLookUp: boolean }
  /** The caller is about to be told that nothing was sent. */
  | { type: "RELEASE" }
  | { type: "RESOLVE_SENT"; status: PayoutStatus; transactionId: string }
  | { type: "RESOLVE_NOT_SENT" };

export type PayoutEffect =
  | { type: "SEND_AFTER"; waitMs: number }
  | { type: "LOOK_UP_AFTER"; waitMs: number }
  /** A report disagrees with a final status: ask the provider. */
  | { type: "SETTLE_CONTRADICTION" }
  | { type: "ALERT_FORBIDDEN" };

export interface PayoutRules {
  /** Whether a look-up by reference has already found a payment here that was not final. */
  canProveAbsence: boolean;
  /** How far apart two look-ups must be to prove absence. */
  absenceGapMs: number;
  /** How long the provider may take to accept what it received: no rejection becomes final before. */
  lateAcceptanceMs: number;
  /** What was not sent this long after it became SUBMITTING is never sent. */
  sendWithinMs: number;
}

export interface Step {
  life: PayoutLife;
  effects: readonly PayoutEffect[];
  /** The reason of a status change, for the status log. */
  reason: string | null;
}

export const reasons = {
  responseLost: "The response was lost. The payout is being looked up.",
  senderLost: "The gateway stopped before it stored the response. The payout is being looked up.",
  doubtful: "The provider's response does not say whether it accepted the payout. The payout is being looked up.",
  absent: "The provider does not have the payout. It is sent again under the same reference.",
  expired: "The payout could not be sent in time. Nothing was sent, and nothing will be.",
  lateAgain: "The payout could not be sent again in time. It is being looked up.",
  released: "The provider could not be reached. Nothing was sent.",
  notSent: "An operator decided that the payout was not sent.",
} as const;

export const longestWaitMs = 30_000;
const firstWaitMs = 1_000;
const longestResendMs = 60_000;

/** Whether the provider may have received a sending before the present one. */
export function wasSentBefore({ intent, sendings }: PayoutLife): boolean {
  return sendings > (intent === "SENDING" ? 1 : 0);
}

/** Whether a sender may send it now. Null: it may not, and nothing changes. */
export function step(life: PayoutLife, event: PayoutEvent, rules: PayoutRules): Step | null {
  switch (event.type) {
    case "SEND":
      return send(life, event.nowMs, rules);
    case "RESPONSE":
      return respond(life, event.response, event.nowMs, rules);
    case "SENDER_LOST":
      return senderLost(life);
    case "LOOK_UP":
      return lookUp(life, event, rules);
    case "REPORT":
      return report(life, event);
    case "RELEASE":
      return release(life);
    case "RESOLVE_SENT":
      return still({ ...done(life), status: event.status, transactionId: event.transactionId });
    case "RESOLVE_NOT_SENT":
      return { ...still({ ...done(life), status: "FAILED", transactionId: null }), reason: reasons.notSent };
  }
}

function send(life: PayoutLife, nowMs: number, { sendWithinMs }: PayoutRules): Step | null {
  if (life.intent !== "OPEN" || life.status !== "SUBMITTING") return null;
  if (nowMs - life.submittedAtMs > sendWithinMs) {
    // An earlier sending was not found, but the provider can accept it late: only look-ups can end the payout.
    return life.sendings > 0 ? toConfirm(life, null, reasons.lateAgain) : expired(life);
  }
  return still({ ...life, intent: "SENDING", sendings: life.sendings + 1, sentAtMs: nowMs, absentSinceMs: null });
}

function senderLost(life: PayoutLife): Step | null {
  if (life.intent !== "SENDING") return null;
  // A webhook was faster than the sender's response: what it reported stays.
  return life.status === "SUBMITTING" ? toConfirm(life, null, reasons.senderLost) : closed(life);
}

/** The table of what a response proves, for the sender that still holds the lease. */
function respond(life: PayoutLife, response: PayoutResponse, nowMs: number, rules: PayoutRules): Step | null {
  if (response.type === "ACCEPTED") {
    const { status, transactionId } = response;
    // Accepted under a word that is not known: how far it is, a look-up or a webhook will tell.
    return report(life, { status: status ?? "PENDING", transactionId, isLookUp: true });
  }
  // A webhook or an operator was faster: what they reported is not older than this.
  if (life.status !== "SUBMITTING") return closed(life);
  // It did not come to the permission: the credential, the budget or the connection failed before.
  if (life.intent === "OPEN") {
    return response.type === "RATE_LIMITED" ? sendAfter(life, response.waitMs) : sendAgain(life, nowMs, rules);
  }
  if (life.intent !== "SENDING") return closed(life);
  const sentBefore = wasSentBefore(life);
  switch (response.type) {
    case "NOT_SENT":
      return sentBefore ? toConfirm(unsent(life), null, reasons.responseLost) : sendAgain(life, nowMs, rules);
    case "REJECTED":
      if (!sentBefore) return rejected(life, response.rejection);
      return toConfirm(life, response.rejection, reasons.doubtful);
    case "OTHER_REJECTION":
      return toConfirm(life, response.rejection, reasons.doubtful);
    case "FORBIDDEN": {
      const next = sentBefore ? toConfirm(unsent(life), null, reasons.doubtful) : sendAgain(life, nowMs, rules);
      return { ...next, effects: [...next.effects, { type: "ALERT_FORBIDDEN" }] };
    }
    case "RATE_LIMITED":
      return sendAfter({ ...unsent(life), attempts: 0 }, response.waitMs);
    case "CONFLICT":
      return toConfirm(life, null, reasons.doubtful);
    case "UNKNOWN":
      return toConfirm(life, null, reasons.responseLost);
  }
}

function lookUp(
  life: PayoutLife,
  { result, askedAtMs, nowMs }: { result: LookUp; askedAtMs: number; nowMs: number },
  rules: PayoutRules,
): Step | null {
  if (result.type === "FOUND") return report(life, { ...result, isLookUp: true });
  // Something else moved it while the look-up was under way.
  if (life.intent !== "UNCONFIRMED" || life.status !== "UNCONFIRMED") return closed(life);
  if (result.type === "UNCLEAR") return lookUpLater({ ...life, absentSinceMs: null });
  if (result.type === "NOT_ANSWERED" || !rules.canProveAbsence) return lookUpLater(life);
  // From question to question: a slow answer must not make them look apart. After a clock that was ahead, counting starts anew.
  const absentSinceMs = Math.min(life.absentSinceMs ?? askedAtMs, askedAtMs);
  const gapLeftMs = rules.absenceGapMs - (askedAtMs - absentSinceMs);
  if (gapLeftMs > 0) return lookUpLater({ ...life, absentSinceMs }, gapLeftMs);
  const isTooLate = nowMs - life.submittedAtMs > rules.sendWithinMs;
  if (life.rejection === null && !isTooLate) return absent(life, rules);
  // The provider can accept late what it has received. It was sent before it was first not found.
  const sentAtMs = Math.min(life.sentAtMs ?? 0, absentSinceMs);
  const lateLeftMs = rules.lateAcceptanceMs - (askedAtMs - sentAtMs);
  if (lateLeftMs > 0) return lookUpLater(life, Math.min(lateLeftMs, rules.absenceGapMs));
  return life.rejection === null ? expired(life) : rejected(life, life.rejection);
}

/** What the provider says of the payout, wherever it says it. */
function report(
  life: PayoutLife,
  { status, transactionId, isLookUp }: { status: PayoutStatus; transactionId: string; isLookUp: boolean },
): Step | null {
  const verdict = judgeReport(life, { status, isLookUp });
  if (verdict === "CONTRADICTION") return { ...still(life), effects: [{ type: "SETTLE_CONTRADICTION" }] };
  if (verdict === "SAME" || verdict === "STALE") return closed({ ...life, transactionId });
  return still({ ...done(life), status, transactionId });
}

function release(life: PayoutLife): Step | null {
  if (life.intent !== "OPEN" || life.sendings > 0 || life.status !== "SUBMITTING") return null;
  return { ...still({ ...life, status: "FAILED", intent: "RELEASED" }), reason: reasons.released };
}

/** What a caller gets for the key: always computed from the payout as it is. */
export function isRejected(life: Pick<PayoutLife, "status" | "transactionId" | "intent" | "rejection">): boolean {
  return life.intent === "REFUSED" && life.rejection !== null && isEndedByGateway(life);
}

/** What is to be done next, also after a restart. */
export function isOpen({ intent }: Pick<PayoutLife, "intent">): boolean {
  return intent === "OPEN" || intent === "SENDING" || intent === "UNCONFIRMED";
}

function expired(life: PayoutLife): Step {
  return { ...still({ ...done(life), status: "FAILED" }), reason: reasons.expired };
}

function absent(life: PayoutLife, rules: PayoutRules): Step {
  const again: PayoutLife = { ...life, status: "SUBMITTING", intent: "OPEN", absentSinceMs: null, attempts: 0 };
  // At once the first time, and at growing distances after that.
  const waitMs = life.sendings <= 1 ? 0 : Math.min(rules.absenceGapMs * 2 ** (life.sendings - 2), longestResendMs);
  return { life: again, effects: [{ type: "SEND_AFTER", waitMs }], reason: reasons.absent };
}

function toConfirm(life: PayoutLife, rejection: string | null, reason: string): Step {
  const next: PayoutLife = {
    ...life,
    status: "UNCONFIRMED",
    intent: "UNCONFIRMED",
    rejection,
    absentSinceMs: null,
    attempts: 0,
  };
  return { life: next, effects: [{ type: "LOOK_UP_AFTER", waitMs: 0 }], reason };
}

function rejected(life: PayoutLife, rejection: string): Step {
  return still({ ...life, status: "FAILED", intent: "REFUSED", rejection });
}

/** This request did not count. */
function unsent(life: PayoutLife): PayoutLife {
  return life.intent === "SENDING" ? { ...life, sendings: life.sendings - 1 } : life;
}

function sendAgain(life: PayoutLife, nowMs: number, rules: PayoutRules): Step {
  const waitMs = Math.min(firstWaitMs * 2 ** life.attempts, longestWaitMs);
  const leftMs = rules.sendWithinMs - (nowMs - life.submittedAtMs);
  return sendAfter({ ...unsent(life), attempts: life.attempts + 1 }, Math.min(waitMs, Math.max(leftMs, 0) + 1));
}

function sendAfter(life: PayoutLife, waitMs: number): Step {
  return { life: { ...life, intent: "OPEN" }, effects: [{ type: "SEND_AFTER", waitMs }], reason: null };
}

function lookUpLater(life: PayoutLife, waitMs = Math.min(firstWaitMs * 2 ** life.attempts, longestWaitMs)): Step {
  const next = { ...life, attempts: Math.min(life.attempts + 1, 30) };
  return { life: next, effects: [{ type: "LOOK_UP_AFTER", waitMs }], reason: null };
}

function done(life: PayoutLife): PayoutLife {
  return isOpen(life) ? { ...life, intent: "DONE", absentSinceMs: null } : life;
}

/** Ends the intent of a payout that has moved on without it. */
function closed(life: PayoutLife): Step | null {
  const isMoved = life.status !== "SUBMITTING" && life.status !== "UNCONFIRMED";
  return still(isMoved ? done(life) : life);
}

function still(life: PayoutLife): Step {
  return { life, effects: [], reason: null };
}

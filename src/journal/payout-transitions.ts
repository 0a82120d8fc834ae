// Feeds events to the state machine of a payout and carries out what follows, in one transaction: the payout, its status
// log entry and its intent change together, or not at all.

import type { PayoutChange } from "../datasources/changes.js";
import {
  isOpen,
  type LookUp,
  type PayoutEvent,
  type PayoutLife,
  type PayoutResponse,
  type PayoutRules,
  type Step,
  step,
} from "../domain/payout-life.js";
import type { ApplyNext, ChangeDoor, News } from "../mirror/apply-change.js";
import type { StoredResolution } from "../mirror/payout-mismatch.js";
import type { UserErrorFields } from "../schema/rejection.js";
import type { Database, Tx } from "../store/database.js";
import {
  type IntentOutcome,
  type IntentRow,
  intentOfPayout,
  overrideIntent,
  settleIntent,
} from "../store/intent.queries.js";
import { type PayoutRow, payoutById, updatePayout } from "../store/payout.queries.js";
import type { Logger } from "../telemetry/logger.js";
import type { Metrics } from "../telemetry/metrics.js";
import { LeaseLost } from "./intents.js";
import type { ReferenceLookUps } from "./reference-look-ups.js";

export interface PayoutTransitionParts {
  database: Database;
  door: ChangeDoor;
  referenceLookUps: ReferenceLookUps;
  rules: Omit<PayoutRules, "canProveAbsence">;
  metrics: Metrics;
  logger: Logger;
  /** Called when an intent has become due at once. */
  onDue: () => void;
}

/** An event about a payout, and what the provider reported with it. */
export interface PayoutOccurrence {
  event: (rules: PayoutRules, nowMs: number) => PayoutEvent;
  /** The report that the event stands for. It is compared with the order, and its details are taken over. */
  reported?: PayoutChange;
  /** The event where the report is about something else than the order. */
  otherwise?: (rules: PayoutRules, nowMs: number) => PayoutEvent;
  source: News["source"];
}

export class PayoutTransitions {
  readonly #parts: PayoutTransitionParts;

  constructor(parts: PayoutTransitionParts) {
    this.#parts = parts;
  }

  respond(turn: IntentRow, response: PayoutResponse): Promise<PayoutLife> {
    return this.#record(turn, {
      event: (_, nowMs) => ({ type: "RESPONSE", response, nowMs }),
      source: "MUTATION",
    });
  }

  /** Applied as a change even where the lease was lost meanwhile: the provider has accepted the payout. */
  accept(turn: IntentRow, reported: PayoutChange): Promise<PayoutLife> {
    return this.#record(turn, {
      event: (_, nowMs) => ({ type: "RESPONSE", response: toAccepted(reported), nowMs }),
      reported: { ...reported, status: reported.status ?? "PENDING", isResponse: true },
      otherwise: (_, nowMs) => ({ type: "RESPONSE", response: { type: "UNKNOWN" }, nowMs }),
      source: "MUTATION",
    });
  }

  lookedUp(turn: IntentRow, result: LookUp, askedAtMs: number, reported?: PayoutChange): Promise<PayoutLife> {
    const event = (of: LookUp) => (_: PayoutRules, nowMs: number) =>
      ({ type: "LOOK_UP", result: of, askedAtMs, nowMs }) as const;
    return this.#record(turn, {
      event: event(result),
      ...(reported ? { reported, otherwise: event({ type: "UNCLEAR" }) } : {}),
      source: "RECONCILIATION",
    });
  }

  senderLost(turn: IntentRow): Promise<PayoutLife> {
    return this.#record(turn, { event: (_, nowMs) => ({ type: "SENDER_LOST", nowMs }), source: "RECONCILIATION" });
  }

  /** Ends a payout that may not be sent any more. Returns null where it may be sent. */
  async expire(turn: IntentRow): Promise<PayoutLife | null> {
    const { database, rules } = this.#parts;
    if (database.clock.now() - turn.created_at <= rules.sendWithinMs) return null;
    return this.#record(turn, { event: (_, nowMs) => ({ type: "SEND", nowMs }), source: "RECONCILIATION" });
  }

  /** Gives the key free again. Returns false where a caller was told of the payout, or it may have been sent. */
  async release(turn: IntentRow): Promise<boolean> {
    try {
      const life = await this.#record(turn, { event: () => ({ type: "RELEASE" }), source: "MUTATION" }, (row) => {
        if (row.told_at !== null) throw new LeaseLost();
      });
      return life.intent === "RELEASED";
    } catch (error) {
      if (error instanceof LeaseLost) return false;
      throw error;
    }
  }

  async #record(
    turn: IntentRow,
    occurrence: PayoutOccurrence,
    check: (row: IntentRow) => void = () => {},
  ): Promise<PayoutLife> {
    const { door, database, referenceLookUps } = this.#parts;
    const payoutId = turn.subject_id as string;
    const canProveAbsence = await referenceLookUps.canProveAbsence();
    const rules: PayoutRules = { ...this.#parts.rules, canProveAbsence };
    const { life, effects } = await door.open({ source: occurrence.source }, async (tx, applyNext): Promise<Step> => {
      const nowMs = database.clock.now();
      const intent = await intentOfPayout(tx, payoutId);
      const payout = await payoutById(tx, payoutId);
      if (!intent || !payout) throw new LeaseLost();
      const isLeaseHeld = intent.fence === turn.fence;
      check(intent);
      const before = toLife(intent, payout);
      const { event, isTaken } = await this.#judge(occurrence, payoutId, rules, nowMs, applyNext);
      if (!isTaken && !isLeaseHeld) throw new LeaseLost();
      const next = step(before, event, rules);
      if (!next) return { life: before, effects: [], reason: null };
      await this.#write(applyNext, payoutId, before, next, isTaken);
      if (isLeaseHeld && !(await settleIntent(tx, turn, toOutcome(next, nowMs), nowMs))) throw new LeaseLost();
      this.#report(payoutId, next);
      return next;
    });
    if (effects.some((effect) => "waitMs" in effect && effect.waitMs === 0)) this.#parts.onDue();
    return life;
  }

  /** A report that fits the order is taken over at once, by the same rules as every other report. */
  async #judge(
    { event, reported, otherwise }: PayoutOccurrence,
    payoutId: string,
    rules: PayoutRules,
    nowMs: number,
    applyNext: ApplyNext,
  ): Promise<{ event: PayoutEvent; isTaken: boolean }> {
    if (!reported) return { event: event(rules, nowMs), isTaken: false };
    const { verdict } = await applyNext({ ...reported, payoutId, isLookUp: true });
    if (verdict !== "MISMATCH") return { event: event(rules, nowMs), isTaken: true };
    return { event: (otherwise ?? event)(rules, nowMs), isTaken: false };
  }

  async #write(
    applyNext: ApplyNext,
    payoutId: string,
    before: PayoutLife,
    { life, reason }: Step,
    isTaken: boolean,
  ): Promise<void> {
    if (isTaken || life.status === before.status) return;
    const failureReason = life.status === "FAILED" ? (reason ?? reasonOf(life.rejection)) : undefined;
    await applyNext({
      kind: "payout",
      payoutId,
      status: life.status,
      isDecision: true,
      // The key may be used again, and then has its reference for another payout.
      ...(life.intent === "RELEASED" ? { merchantReference: null } : {}),
      reason: failureReason ?? reason,
      details: failureReason === undefined ? {} : { failureReason },
    });
  }

  #report(payoutId: string, { life, effects, reason }: Step): void {
    const { logger, metrics } = this.#parts;
    if (effects.some(({ type }) => type === "ALERT_FORBIDDEN")) {
      metrics.forbiddenPayouts.inc();
      logger.error(
        { payoutId },
        "the provider forbids payouts to this account: check its credential, scopes and IP list",
      );
    }
    if (life.status === "UNCONFIRMED" && reason) logger.warn({ payoutId, reason }, "payout is unconfirmed");
  }
}

/** What an operator decided about a payout. */
export interface Decision {
  resolution: StoredResolution;
  /** The transaction as the provider has it; null for NOT_SENT. It is taken over, whatever was ordered. */
  reported: PayoutChange | null;
  /** For the status log. */
  reason: string;
  failureReason: string | null;
}

/** Writes an operator's decision in the caller's transaction. Whoever holds a turn on the payout loses it. */
export async function recordDecision(
  { database, tx, applyNext }: { database: Database; tx: Tx; applyNext: ApplyNext },
  intent: IntentRow,
  payout: PayoutRow,
  { resolution, reported, reason, failureReason }: Decision,
): Promise<void> {
  const nowMs = database.clock.now();
  const before = toLife(intent, payout);
  const next = step(before, toDecided(before, reported), operatorRules);
  if (!next) return;
  const { status, transactionId } = next.life;
  await applyNext({
    kind: "payout",
    payoutId: payout.id,
    transactionId,
    status,
    isDecision: true,
    mismatch: null,
    reason,
    details: { ...reported?.details, ...(failureReason === null ? {} : { failureReason }) },
  });
  await updatePayout(tx, payout.id, { resolution: JSON.stringify(resolution) });
  await overrideIntent(tx, intent.id, toOutcome(next, nowMs), nowMs);
}

// No rule bears on a decision.
const operatorRules: PayoutRules = { canProveAbsence: false, absenceGapMs: 0, lateAcceptanceMs: 0, sendWithinMs: 0 };

function toDecided(before: PayoutLife, reported: PayoutChange | null): PayoutEvent {
  if (!reported) return { type: "RESOLVE_NOT_SENT" };
  // An unknown status word never makes a status: what is known stays, and what is not known to the provider is PENDING.
  const isKnown = before.transactionId !== null;
  const status = reported.status ?? (isKnown ? before.status : "PENDING");
  return { type: "RESOLVE_SENT", status, transactionId: reported.transactionId as string };
}

export function toLife(intent: IntentRow, payout: Pick<PayoutRow, "status" | "transaction_id">): PayoutLife {
  // The previous release did not count its sendings.
  const least = intent.state === "SENDING" || intent.state === "UNCONFIRMED" ? 1 : 0;
  return {
    status: payout.status,
    transactionId: payout.transaction_id,
    intent: intent.state,
    sendings: Math.max(intent.sendings, least),
    sentAtMs: intent.sent_at,
    rejection: intent.refusal,
    absentSinceMs: intent.absent_since,
    submittedAtMs: intent.created_at,
    attempts: intent.attempts,
  };
}

export function toOutcome({ life, effects }: Step, nowMs: number): IntentOutcome {
  const waits = effects.flatMap((effect) => ("waitMs" in effect ? [effect.waitMs] : []));
  return {
    state: life.intent,
    sendings: life.sendings,
    sent_at: life.sentAtMs,
    refusal: life.rejection,
    absent_since: life.absentSinceMs,
    attempts: life.attempts,
    ...(isOpen(life) && waits.length > 0 ? { next_attempt_at: nowMs + Math.min(...waits) } : {}),
  };
}

function toAccepted({ status, transactionId }: PayoutChange): PayoutResponse {
  return { type: "ACCEPTED", status: status ?? null, transactionId: transactionId ?? "" };
}

function reasonOf(rejection: string | null): string {
  const errors = JSON.parse(rejection ?? "[]") as UserErrorFields[];
  return errors.map(({ message }) => message).join(" ");
}

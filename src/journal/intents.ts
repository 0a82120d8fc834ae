// An idempotency key and what became of it: the same key and input answer the same result.

import { createHash } from "node:crypto";
import { v7 as newId } from "uuid";
import { Rejection, rejectField, type UserErrorFields } from "../schema/rejection.js";
import type { Database, Tx } from "../store/database.js";
import {
  type IntentRow,
  insertIntent,
  intentByKey,
  noteTold,
  renewIntent,
  reuseIntent,
} from "../store/intent.queries.js";
import type { IntentOperation } from "../store/tables.js";
import { activeSpan } from "../telemetry/tracing.js";

/** The key was taken in this very moment by another call. */
export class KeyTaken extends Error {
  override readonly name = "KeyTaken";
}

/** A sender that took the intent later has written its outcome: this one's no longer counts. */
export class LeaseLost extends Error {
  override readonly name = "LeaseLost";
}

export interface IntentKey {
  tenant: string;
  operation: IntentOperation;
  key: string;
  fingerprint: string;
}

// The call that wrote an intent sends it itself; only if it died does a worker.
const ownSendingMs = 2_000;

/** The same for every spelling of one input: members in any order, absent or null. */
export function fingerprintOf(input: unknown): string {
  return createHash("sha256")
    .update(JSON.stringify(canonical(input)))
    .digest("hex");
}

function canonical(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(canonical);
  if (value === null || typeof value !== "object") return value;
  return Object.entries(value)
    .filter(([, member]) => member !== null && member !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, member]) => [name, canonical(member)]);
}

export interface NewIntent extends IntentKey {
  command: unknown;
  subjectId: string | null;
  /** The caller of this function works on the intent at once: nobody else may take it for so long. */
  leaseMs: number;
}

/** Takes the key for this call, or throws KeyTaken and with it undoes the transaction. */
export async function takeKey({ clock }: Database, tx: Tx, intent: NewIntent): Promise<IntentRow> {
  const { tenant, operation, key, fingerprint } = intent;
  const now = clock.now();
  const use = {
    fingerprint,
    command: JSON.stringify(intent.command),
    subject_id: intent.subjectId,
    next_attempt_at: now + ownSendingMs,
    lease_until: intent.leaseMs > 0 ? now + intent.leaseMs : 0,
    trace_parent: activeSpan()?.traceParent ?? null,
    updated_at: now,
  };
  const owner = { tenant, operation, idempotency_key: key };
  const fresh: IntentRow = {
    id: newId(),
    ...owner,
    ...use,
    state: "OPEN",
    refusal: null,
    fence: 1,
    attempts: 0,
    sendings: 0,
    sent_at: null,
    absent_since: null,
    told_at: null,
    created_at: now,
  };
  if (await insertIntent(tx, fresh)) return fresh;
  const reused = await reuseIntent(tx, owner, use);
  if (reused === null) throw new KeyTaken();
  return reused;
}

/** The intent that the key belongs to; null where the key is free. Refuses a key that was used for something else. */
export async function findIntent(
  { db }: Database,
  { tenant, operation, key, fingerprint }: IntentKey,
): Promise<IntentRow | null> {
  const intent = await intentByKey(db, tenant, operation, key);
  if (!intent || intent.state === "RELEASED") return null;
  if (intent.fingerprint === fingerprint) return intent;
  throw keyReused();
}

export function keyReused(): Rejection {
  return rejectField(
    ["idempotencyKey"],
    "IDEMPOTENCY_KEY_REUSED",
    "idempotencyKey was used before with another input.",
  );
}

const pollMs = 100;

/** Waits while the intent is being sent, by this node or another, but not for ever. */
export async function waitWhileSending(
  database: Database,
  key: IntentKey,
  withinMs: number,
): Promise<IntentRow | null> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const intent = await findIntent(database, key);
    const isBeingSent = intent?.state === "OPEN" || intent?.state === "SENDING";
    if (!isBeingSent) return intent;
    // Settled in this very moment, it is read once more.
    if (performance.now() > deadline && (await noteTold(database.db, intent.id, database.clock.now()))) return intent;
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
}

/** The rejection that the key got when it was first used. */
export function storedRefusal(intent: IntentRow): Rejection {
  return new Rejection(JSON.parse(intent.refusal ?? "[]") as UserErrorFields[], true);
}

/** Short, and renewed while the work goes on: what a dead process had is free again within seconds. */
export const leaseMs = 6_000;

/** Does the work while nobody else can take the intent. */
export async function whileLeased<T>(database: Database, intent: IntentRow, work: () => Promise<T>): Promise<T> {
  const renewing = setInterval(() => {
    // A renewal that fails shows when the outcome is written.
    renewIntent(database, intent, leaseMs).catch(() => {});
  }, leaseMs / 3);
  try {
    return await work();
  } finally {
    clearInterval(renewing);
  }
}

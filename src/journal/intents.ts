// An idempotency key and what became of it: the same key and input answer the same result.

import { createHash } from "node:crypto";
import { v7 as newId } from "uuid";
import { Rejection, rejectField, type UserErrorFields } from "../schema/rejection.js";
import type { Tx } from "../store/database.js";
import { type IntentRow, insertIntent } from "../store/intent.queries.js";
import type { IntentOperation } from "../store/tables.js";

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

/** Takes the key for this call, or throws KeyTaken and with it undoes the transaction. */
export async function takeKey(
  tx: Tx,
  { tenant, operation, key, fingerprint }: IntentKey,
  command: unknown,
  subjectId: string | null,
): Promise<string> {
  const now = Date.now();
  const id = newId();
  const isFirst = await insertIntent(tx, {
    id,
    tenant,
    operation,
    idempotency_key: key,
    fingerprint,
    state: "OPEN",
    command: JSON.stringify(command),
    subject_id: subjectId,
    refusal: null,
    fence: 0,
    lease_until: 0,
    created_at: now,
    updated_at: now,
  });
  if (!isFirst) throw new KeyTaken();
  return id;
}

export function refuseReuse(intent: IntentRow, fingerprint: string): void {
  if (intent.fingerprint === fingerprint) return;
  throw rejectField(["idempotencyKey"], "IDEMPOTENCY_KEY_REUSED", "idempotencyKey was used before with another input.");
}

/** The refusal that the key got when it was first used. */
export function storedRefusal(intent: IntentRow): Rejection {
  return new Rejection(JSON.parse(intent.refusal ?? "[]") as UserErrorFields[], true);
}

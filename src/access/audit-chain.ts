// Each entry carries the hash of the one before, so that one which was changed, taken out or moved no longer fits.

import { createHash } from "node:crypto";
import { type AuditHead, type AuditRow, auditAfter, auditHead } from "../store/audit.queries.js";
import type { Db } from "../store/database.js";

/** Everything but the hash itself, in the order in which it is hashed. */
const hashed: readonly Exclude<keyof AuditRow, "hash">[] = [
  "action",
  "at",
  "detail",
  "object_id",
  "object_type",
  "outcome",
  "previous_hash",
  "principal",
  "request_id",
  "seq",
  "tenant",
];

const batchSize = 1_000;

export interface ChainReport {
  /** How many entries fit, from the first on. */
  fitting: AuditHead;
  /** The first entry that does not, and why; null where the whole chain holds. */
  fault: { seq: number; reason: string } | null;
}

export function hashOf(row: Omit<AuditRow, "hash">): string {
  return createHash("sha256")
    .update(JSON.stringify(row, [...hashed]))
    .digest("hex");
}

/** The row that comes after the head. */
export function sealed(head: AuditHead, entry: Omit<AuditRow, "seq" | "previous_hash" | "hash">): AuditRow {
  const row = { ...entry, seq: head.seq + 1, previous_hash: head.hash };
  return { ...row, hash: hashOf(row) };
}

/**
 * Reads the whole chain, while others may append to it. `known` is an entry whose hash was written down elsewhere: without
 * one, a chain that was cut or written anew together with its head looks whole.
 */
export async function verifyChain(db: Db, known: AuditHead | null = null): Promise<ChainReport> {
  const before = await auditHead(db);
  let last: AuditHead = { seq: 0, hash: "" };
  for (;;) {
    const rows = await auditAfter(db, last.seq, batchSize);
    for (const row of rows) {
      const reason = misfitOf(row, last, [before, known]);
      if (reason !== null) return { fitting: last, fault: { seq: reason.seq, reason: reason.text } };
      last = { seq: row.seq, hash: row.hash };
    }
    if (rows.length === 0) break;
  }
  const fault = await endFault(db, last, [before, known]);
  return { fitting: last, fault };
}

function misfitOf(row: AuditRow, last: AuditHead, anchors: readonly (AuditHead | null)[]) {
  if (row.seq !== last.seq + 1) return { seq: last.seq + 1, text: "is missing" };
  const { hash, ...rest } = row;
  if (hashOf(rest) !== hash) return { seq: row.seq, text: "is not what was written" };
  if (row.previous_hash !== last.hash) return { seq: row.seq, text: "does not follow from the entry before it" };
  const isOther = anchors.some((anchor) => anchor?.seq === row.seq && anchor.hash !== hash);
  return isOther ? { seq: row.seq, text: "has another hash than the one that was kept for it" } : null;
}

/** What was cut off at the end is still told by what counts the entries. */
async function endFault(db: Db, last: AuditHead, anchors: readonly (AuditHead | null)[]) {
  const isCut = anchors.some((anchor) => anchor && anchor.seq > last.seq);
  if (isCut) return { seq: last.seq + 1, reason: "is missing" };
  const { seq } = await auditHead(db);
  return seq < last.seq ? { seq: seq + 1, reason: "was not written by the gateway: the head does not count it" } : null;
}

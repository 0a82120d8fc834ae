// Each entry carries the hash of the one before, so that one which was changed, taken out or moved no longer fits.

import { createHash } from "node:crypto";
import { type AuditHead, type AuditRow, auditAfter, auditAnchor, auditHead } from "../store/audit.queries.js";
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

/** The action of the entry that says up to where entries were removed; `toRemoval` reads it. */
export const removalAction = "removeAuditEntries";

export interface ChainReport {
  /** The last removed entry, number 0 where none was. */
  anchor: AuditHead;
  /** The last entry that fits; all from the first that is kept do up to it. */
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
 * Reads the whole chain from its anchor on, while others may append to it and remove its beginning. `known` is an entry
 * whose hash was written down elsewhere: without one, a chain that was cut or written anew together with its head looks
 * whole.
 */
export async function verifyChain(db: Db, known: AuditHead | null = null): Promise<ChainReport> {
  for (;;) {
    const anchor = await auditAnchor(db);
    const report = await verifyFrom(db, anchor, known);
    // What was removed meanwhile is missing only to who began before it.
    if (report.fault === null || (await auditAnchor(db)).seq === anchor.seq) return { anchor, ...report };
  }
}

async function verifyFrom(db: Db, anchor: AuditHead, known: AuditHead | null): Promise<Omit<ChainReport, "anchor">> {
  const before = await auditHead(db);
  let last = anchor;
  let removal: AuditHead = { seq: 0, hash: "" };
  // From the very first, so that what is before the anchor though it was removed is seen.
  let read = 0;
  for (;;) {
    const rows = await auditAfter(db, read, batchSize);
    for (const row of rows) {
      const reason = misfitOf(row, last, [before, known]);
      if (reason !== null) return { fitting: last, fault: { seq: reason.seq, reason: reason.text } };
      last = { seq: row.seq, hash: row.hash };
      removal = toRemoval(row) ?? removal;
    }
    read = last.seq;
    if (rows.length === 0) break;
  }
  const fault = anchorFault(anchor, removal, known) ?? (await endFault(db, last, [before, known]));
  return { fitting: last, fault };
}

/** Up to where entries were removed, as the entry says; null where it is about something else. */
function toRemoval({ action, detail }: AuditRow): AuditHead | null {
  return action === removalAction && detail !== null ? (JSON.parse(detail) as { to: AuditHead }).to : null;
}

/** The kept entries have to say of themselves that those before them were removed, and up to which. */
function anchorFault(anchor: AuditHead, removal: AuditHead, known: AuditHead | null) {
  if (removal.seq !== anchor.seq || removal.hash !== anchor.hash) {
    const seq = Math.max(removal.seq, anchor.seq);
    return { seq, reason: "is not where the entries say that what is kept begins" };
  }
  if (known === null || known.seq > anchor.seq) return null;
  if (known.seq === anchor.seq && known.hash === anchor.hash) return null;
  const reason =
    known.seq === anchor.seq
      ? "has another hash than the one that was kept for it"
      : "was removed with age: only a copy from before can tell whether it is what was written";
  return { seq: known.seq, reason };
}

function misfitOf(row: AuditRow, last: AuditHead, anchors: readonly (AuditHead | null)[]) {
  if (row.seq <= last.seq) return { seq: row.seq, text: "is there though it was removed" };
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

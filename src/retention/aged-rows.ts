// The three kinds of rows that are kept for a time. Each is walked from its oldest on, in batches small enough that nobody
// waits long for the one that holds the lock. Intents are none of them: that a key pays once rests on theirs.

import { removeAuditEntries } from "../access/audit-removal.js";
import { agedAudit, auditAnchor } from "../store/audit.queries.js";
import type { Database } from "../store/database.js";
import { agedEvents, removeEvents } from "../store/inbox.queries.js";
import { agedEntries, logHead, removeLogTo } from "../store/status-log.queries.js";

export const kinds = ["status_log", "inbox", "audit"] as const;
export type Kind = (typeof kinds)[number];

export interface Batch {
  /** How many were removed, or would be. */
  count: number;
  /** Where the next batch begins; null where there is none. */
  next: number | null;
}

export interface BatchRequest {
  /** Where it begins; null: at the oldest. */
  after: number | null;
  /** Only what is older than this instant. */
  before: number;
  isDryRun: boolean;
  /** Who removes it, for the audit trail. */
  principalId: string;
}

export const batchOf: Readonly<Record<Kind, (database: Database, request: BatchRequest) => Promise<Batch>>> = {
  status_log: statusLogBatch,
  inbox: inboxBatch,
  audit: auditBatch,
};

// Some milliseconds of work.
export const batchSize = 500;

async function statusLogBatch(database: Database, { after, before, isDryRun }: BatchRequest): Promise<Batch> {
  const from = after ?? (await logHead(database.db)).pruned_to;
  const positions = await agedEntries(database.db, from, before, batchSize);
  const last = positions.at(-1);
  if (last === undefined) return { count: 0, next: null };
  const count = isDryRun ? positions.length : await database.transaction((tx) => removeLogTo(tx, last));
  return { count, next: positions.length === batchSize ? last : null };
}

async function inboxBatch({ db }: Database, { after, before, isDryRun }: BatchRequest): Promise<Batch> {
  const { ids, last } = await agedEvents(db, after ?? 0, before, batchSize);
  return { count: isDryRun ? ids.length : await removeEvents(db, ids), next: last };
}

async function auditBatch(database: Database, { after, before, isDryRun, principalId }: BatchRequest): Promise<Batch> {
  const entries = isDryRun
    ? await agedAudit(database.db, after ?? (await auditAnchor(database.db)).seq, before, batchSize)
    : await removeAuditEntries(database, { before, most: batchSize, principalId });
  return { count: entries.length, next: entries.length === batchSize ? (entries.at(-1)?.seq ?? null) : null };
}

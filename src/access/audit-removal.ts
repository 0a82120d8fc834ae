// Entries go from the beginning of the trail only, and each removal is an entry itself, by the same transaction: what is
// kept says up to where the rest was removed, and with which hash it ended.

import {
  type AuditHead,
  agedAudit,
  appendToAudit,
  auditAnchor,
  lockAuditHead,
  removeAuditTo,
} from "../store/audit.queries.js";
import type { Database } from "../store/database.js";
import { operatorTenant } from "../store/visibility.js";
import { removalAction, sealed } from "./audit-chain.js";

export interface AuditRemoval {
  /** Only what was written before this instant. */
  before: number;
  most: number;
  principalId: string;
}

/** Answers what was removed. */
export function removeAuditEntries(
  database: Database,
  { before, most, principalId }: AuditRemoval,
): Promise<AuditHead[]> {
  return database.transaction(async (tx) => {
    const head = await lockAuditHead(tx);
    const { seq } = await auditAnchor(tx);
    const entries = await agedAudit(tx, seq, before, most);
    const to = entries.at(-1);
    if (!to) return [];
    const detail = JSON.stringify({ to, removed: entries.length, writtenBefore: new Date(before).toISOString() });
    const entry = {
      at: database.clock.now(),
      tenant: operatorTenant,
      principal: principalId,
      action: removalAction,
      object_type: null,
      object_id: null,
      outcome: "DONE" as const,
      detail,
      request_id: null,
    };
    await appendToAudit(tx, [sealed(head, entry)]);
    await removeAuditTo(tx, to);
    return entries;
  });
}

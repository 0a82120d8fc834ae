// The audit trail as its readers see it: pages, the newest entry first.

import type { AuditTrail } from "../access/audit-trail.js";
import { type Countable, connectionOf, type PageArgs, PageCursorInvalid } from "../mirror/pages.js";
import type { AuditConnection, AuditEntry } from "../schema/audit.type.js";
import type { AuditRow, AuditSearch } from "../store/audit.queries.js";

export async function auditConnection(
  audit: AuditTrail,
  search: AuditSearch,
  { first, after }: PageArgs,
): Promise<AuditConnection & Countable> {
  const rows = await audit.page(search, { first, before: decode(after) });
  return Object.assign(
    connectionOf(rows.map(toEntry), { first, after }, ({ id }) => encode(id)),
    { countAll: () => audit.count(search) },
  );
}

function toEntry(row: AuditRow): AuditEntry {
  const { seq, at, tenant, principal, action, outcome, detail, hash } = row;
  return {
    id: String(seq),
    at: new Date(at),
    tenant,
    principal,
    action,
    objectType: row.object_type,
    objectId: row.object_id,
    outcome,
    detail,
    requestId: row.request_id,
    previousHash: row.previous_hash,
    hash,
  };
}

function encode(id: string): string {
  return Buffer.from(`audit ${id}`).toString("base64url");
}

function decode(cursor: string | null): number | null {
  if (cursor === null) return null;
  const [, digits] = /^audit (\d{1,15})$/.exec(Buffer.from(cursor, "base64url").toString()) ?? [];
  // One spelling for each place: what does not encode back was tampered with.
  if (!digits || encode(digits) !== cursor) throw new PageCursorInvalid();
  return Number(digits);
}

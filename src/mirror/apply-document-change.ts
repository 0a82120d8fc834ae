import type { DocumentChange } from "../datasources/changes.js";
import type { DocumentStatus } from "../schema/document.enum.js";
import { type DocumentRow, insertDocument, lockDocument, updateDocument } from "../store/document.queries.js";
import { tenantOfCustomer } from "../store/tenant.queries.js";
import { type AppliedChange, type ApplyContext, UnknownSubject } from "./apply-context.js";
import { judgeDocument } from "./status-machine.js";

export async function applyDocumentChange(context: ApplyContext, change: DocumentChange): Promise<AppliedChange> {
  const known = await lockDocument(context.database, context.tx, change.id);
  if (known) return move(context, known, change);
  const row = await newRow(context, change);
  if (await insertDocument(context.tx, row)) {
    const position = log(context, row, null, row.status);
    await updateDocument(context.tx, row.id, { position });
    return { entity: "DOCUMENT", entityId: row.id, verdict: "APPLY", from: null, to: row.status, position };
  }
  return applyDocumentChange(context, change);
}

async function move(context: ApplyContext, known: DocumentRow, change: DocumentChange): Promise<AppliedChange> {
  const verdict = judgeDocument(known.status, change.status);
  const result = { entity: "DOCUMENT" as const, entityId: known.id, verdict, from: known.status };
  if (verdict === "STALE") return { ...result, to: known.status, position: null };
  const position = verdict === "APPLY" ? log(context, known, known.status, change.status) : null;
  const { fileName, contentType, size, sha256 } = change.details;
  await updateDocument(context.tx, known.id, {
    file_name: fileName ?? known.file_name,
    content_type: contentType ?? known.content_type,
    size: size ?? known.size,
    sha256: sha256 ?? known.sha256,
    status: change.status,
    updated_at: context.now,
    ...(position === null ? {} : { position }),
  });
  return { ...result, to: change.status, position };
}

async function newRow(context: ApplyContext, change: DocumentChange): Promise<DocumentRow> {
  const { category, fileName = null, contentType = null, size = null, sha256 = null } = change.details;
  if (!category) throw new UnknownSubject(change);
  return {
    id: change.id,
    // What is a customer's belongs to whom the customer belongs to, whoever made it.
    tenant: (await tenantOfCustomer(context.tx, change.customerId)) ?? context.tenant,
    customer_id: change.customerId,
    category,
    status: change.status,
    file_name: fileName,
    content_type: contentType,
    size,
    sha256,
    position: 0,
    created_at: context.now,
    updated_at: context.now,
  };
}

function log(context: ApplyContext, row: DocumentRow, from: DocumentStatus | null, to: DocumentStatus) {
  return context.log.append({
    tenant: row.tenant,
    entity: "DOCUMENT",
    entity_id: row.id,
    customer_id: row.customer_id,
    from_status: from,
    to_status: to,
    source: context.source,
    reason: null,
    occurred_at: context.now,
    recorded_at: context.now,
  });
}

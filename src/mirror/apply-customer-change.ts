import type { CustomerChange, CustomerDetails } from "../datasources/changes.js";
import type { CustomerStatus } from "../schema/customer.enum.js";
import { type CustomerRow, insertCustomer, lockCustomer, updateCustomer } from "../store/customer.queries.js";
import { type AppliedChange, type ApplyContext, UnknownSubject } from "./apply-context.js";
import { isEarlier, judgeCustomer, type Verdict } from "./status-machine.js";

export async function applyCustomerChange(context: ApplyContext, change: CustomerChange): Promise<AppliedChange> {
  const known = await lockCustomer(context.database, context.tx, change.id);
  if (known) return move(context, known, change);
  const row = newRow(context, change);
  if (await insertCustomer(context.tx, row)) {
    const position = log(context, row, null, row.status, change);
    await updateCustomer(context.tx, row.id, { position });
    return { entity: "CUSTOMER", entityId: row.id, verdict: "APPLY", from: null, to: row.status, position };
  }
  // Another node began it in this very moment: judged against what that one wrote.
  return applyCustomerChange(context, change);
}

async function move(context: ApplyContext, known: CustomerRow, change: CustomerChange): Promise<AppliedChange> {
  const at = change.occurredAt?.getTime() ?? null;
  const isOld = at !== null && known.status_at !== null && isEarlier(at, known.status_at);
  const verdict = judge(known, change, at);
  const to = verdict === "APPLY" ? (change.status as CustomerStatus) : known.status;
  const details = isOld ? {} : changedDetails(known, change.details);
  const hasChanged = verdict === "APPLY" || Object.keys(details).length > 0;
  const position = verdict === "APPLY" ? log(context, known, known.status, to, change) : null;
  await updateCustomer(context.tx, known.id, {
    ...details,
    status: to,
    status_at:
      change.status === undefined || isOld || at === null ? known.status_at : Math.max(at, known.status_at ?? at),
    as_of: context.now,
    ...(position === null ? {} : { position }),
    ...(hasChanged ? { updated_at: context.now } : {}),
  });
  return { entity: "CUSTOMER", entityId: known.id, verdict, from: known.status, to, position };
}

function judge(known: CustomerRow, change: CustomerChange, at: number | null): Verdict {
  if (change.status === undefined) return "SAME";
  if (change.ifUnmovedSince !== undefined && known.position > change.ifUnmovedSince) return "STALE";
  return judgeCustomer({ status: known.status, at: known.status_at }, { status: change.status, at });
}

function newRow(context: ApplyContext, change: CustomerChange): CustomerRow {
  const { type, email, country, createdAt, firstName = null, lastName = null, businessName = null } = change.details;
  if (!type || !email || !country || !change.status) throw new UnknownSubject(change);
  const names = { first_name: firstName, last_name: lastName, business_name: businessName, email };
  return {
    id: change.id,
    tenant: context.tenant,
    type,
    country,
    ...names,
    search_text: searchText(names),
    status: change.status,
    status_at: change.occurredAt?.getTime() ?? null,
    position: 0,
    created_at: createdAt?.getTime() ?? context.now,
    updated_at: context.now,
    as_of: context.now,
  };
}

function changedDetails(known: CustomerRow, details: CustomerDetails): Partial<CustomerRow> {
  const next = {
    type: details.type ?? known.type,
    first_name: details.firstName === undefined ? known.first_name : details.firstName,
    last_name: details.lastName === undefined ? known.last_name : details.lastName,
    business_name: details.businessName === undefined ? known.business_name : details.businessName,
    email: details.email ?? known.email,
    country: details.country ?? known.country,
  };
  const isSame = Object.entries(next).every(([column, value]) => known[column as keyof CustomerRow] === value);
  return isSame ? {} : { ...next, search_text: searchText(next) };
}

function searchText(row: Pick<CustomerRow, "first_name" | "last_name" | "business_name" | "email">): string {
  return [row.first_name, row.last_name, row.business_name, row.email]
    .filter((text) => text !== null)
    .join(" ")
    .toLowerCase();
}

function log(
  context: ApplyContext,
  row: CustomerRow,
  from: CustomerStatus | null,
  to: CustomerStatus,
  change: CustomerChange,
): number {
  return context.log.append({
    tenant: row.tenant,
    entity: "CUSTOMER",
    entity_id: row.id,
    customer_id: row.id,
    from_status: from,
    to_status: to,
    source: context.source,
    reason: change.reason ?? null,
    occurred_at: change.occurredAt?.getTime() ?? context.now,
    recorded_at: context.now,
  });
}

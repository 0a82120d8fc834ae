// Rows as the store keeps them, valid by default: a test names only what it is about.

import type { Insertable } from "kysely";
import type { CustomerRow } from "../../src/store/customer.queries.js";
import type { DocumentRow } from "../../src/store/document.queries.js";
import type { PayoutRow } from "../../src/store/payout.queries.js";
import type { InboxTable, IntentsTable, StatusLogTable } from "../../src/store/tables.js";
import { unique } from "./test-client.js";

const instant = 1_773_412_200_000;
const tenant = "operator";

export function customerRow(row: Partial<CustomerRow> = {}): CustomerRow {
  return {
    id: unique("customer"),
    tenant,
    type: "INDIVIDUAL",
    first_name: "Ada",
    last_name: "Obi",
    business_name: null,
    search_text: "ada obi ada@example.com",
    email: "ada@example.com",
    country: "NG",
    status: "PENDING",
    status_at: null,
    position: 0,
    created_at: instant,
    updated_at: instant,
    as_of: instant,
    ...row,
  };
}

export function documentRow(row: Partial<DocumentRow> & { customer_id: string }): DocumentRow {
  return {
    id: unique("document"),
    tenant,
    category: "IDENTITY",
    status: "REQUESTED",
    file_name: "passport.png",
    content_type: "image/png",
    size: null,
    sha256: null,
    position: 0,
    created_at: instant,
    updated_at: instant,
    ...row,
  };
}

export function payoutRow(row: Partial<PayoutRow> & { customer_id: string }): PayoutRow {
  return {
    id: unique("payout"),
    tenant,
    transaction_id: null,
    reference: null,
    merchant_reference: null,
    wallet_id: "wallet-1",
    method: "BANK_TRANSFER",
    status: "SUBMITTING",
    failure_reason: null,
    amount: "5000.00",
    amount_currency: "NGN",
    fee: null,
    fee_currency: null,
    rate: null,
    recipient: null,
    interac_instruction: null,
    note: null,
    mismatch: null,
    resolution: null,
    position: 0,
    status_at: null,
    created_at: instant,
    updated_at: instant,
    as_of: instant,
    ...row,
  };
}

export function intentRow(row: Partial<Insertable<IntentsTable>> = {}): Insertable<IntentsTable> {
  return {
    id: unique("intent"),
    tenant,
    operation: "createPayout",
    idempotency_key: unique("key"),
    fingerprint: "f1",
    state: "OPEN",
    command: "{}",
    subject_id: null,
    refusal: null,
    fence: 0,
    lease_until: 0,
    created_at: instant,
    updated_at: instant,
    ...row,
  };
}

export function eventRow(row: Partial<Insertable<InboxTable>> = {}): Omit<Insertable<InboxTable>, "id"> {
  return {
    tenant,
    dedupe_key: unique("event"),
    content_hash: "h1",
    kind: "payout",
    type: "payout",
    subject: null,
    raw_body: "{}",
    is_conflict: 0,
    state: "RECEIVED",
    attempts: 0,
    next_attempt_at: instant,
    reason: null,
    received_at: instant,
    settled_at: null,
    ...row,
  };
}

type LogEntry = Omit<Insertable<StatusLogTable>, "position">;

export function logEntry(entry: Partial<LogEntry> = {}): LogEntry {
  return {
    tenant,
    entity: "CUSTOMER",
    entity_id: "customer-1",
    customer_id: "customer-1",
    from_status: null,
    to_status: "PENDING",
    source: "MUTATION",
    reason: null,
    occurred_at: instant,
    recorded_at: instant,
    ...entry,
  };
}

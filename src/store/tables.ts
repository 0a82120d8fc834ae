// The tables as Kysely sees them. Instants are milliseconds since 1970, money is decimal text, yes-or-no is 0 or 1,
// structures are JSON text: the same on every engine, so one query serves them all.

import type { Generated } from "kysely";
import type { AuditOutcome } from "../schema/audit.enum.js";
import type { CustomerStatus, CustomerType } from "../schema/customer.enum.js";
import type { DocumentCategory, DocumentStatus } from "../schema/document.enum.js";
import type { PayoutMethod, PayoutStatus } from "../schema/payout.enum.js";
import type { StatusSource } from "../schema/status-change.enum.js";

export interface CustomersTable {
  id: string;
  tenant: string;
  type: CustomerType;
  first_name: string | null;
  last_name: string | null;
  business_name: string | null;
  /** What `search` looks through: name and e-mail in lower case. */
  search_text: string;
  email: string;
  country: string;
  status: CustomerStatus;
  /** The provider's clock at its last word on the status; null while it gave none. */
  status_at: number | null;
  position: number;
  created_at: number;
  updated_at: number;
  as_of: number;
}

export interface DocumentsTable {
  id: string;
  tenant: string;
  customer_id: string;
  category: DocumentCategory;
  status: DocumentStatus;
  file_name: string | null;
  content_type: string | null;
  size: number | null;
  sha256: string | null;
  position: number;
  created_at: number;
  updated_at: number;
}

export interface PayoutsTable {
  id: string;
  tenant: string;
  customer_id: string;
  transaction_id: string | null;
  reference: string | null;
  merchant_reference: string | null;
  wallet_id: string | null;
  method: PayoutMethod | null;
  status: PayoutStatus;
  failure_reason: string | null;
  amount: string | null;
  amount_currency: string | null;
  fee: string | null;
  fee_currency: string | null;
  rate: string | null;
  recipient: string | null;
  interac_instruction: string | null;
  note: string | null;
  /** A report that contradicts the order and was not taken over, as JSON; null where there is none. */
  mismatch: string | null;
  /** The last decision of an operator about it, as JSON; null where there is none. */
  resolution: string | null;
  position: number;
  /** When its last change happened, once that is no longer in the log. */
  status_at: number | null;
  created_at: number;
  updated_at: number;
  as_of: number;
}

/** How many payouts there are of each kind, kept by triggers. What a payout does not have is an empty text. */
export interface PayoutCountsTable {
  tenant: string;
  status: PayoutStatus;
  currency: string;
  wallet: string;
  count: number;
}

/** How many customers there are of each kind, kept by triggers. */
export interface CustomerCountsTable {
  tenant: string;
  status: CustomerStatus;
  type: CustomerType;
  count: number;
}

export type LoggedEntity = "CUSTOMER" | "DOCUMENT" | "PAYOUT";
export type AnyStatus = CustomerStatus | DocumentStatus | PayoutStatus;

export interface StatusLogTable {
  position: number;
  tenant: string;
  entity: LoggedEntity;
  entity_id: string;
  customer_id: string;
  from_status: AnyStatus | null;
  to_status: AnyStatus;
  source: StatusSource;
  reason: string | null;
  occurred_at: number;
  recorded_at: number;
}

export interface LogHeadTable {
  /** Names this log, so that a cursor of another one is refused. */
  log_id: string;
  position: number;
  /** Grows with every row of an entity that is written, whether its status moved or not. */
  revision: Generated<number>;
  /** Entries up to it are gone. */
  pruned_to: Generated<number>;
}

/** Whose rows the last revisions wrote. */
export interface RecentChangesTable {
  revision: number;
  customer_id: string;
  tenant: string;
  /** Differs from the tenant where the row changed hands. */
  former_tenant: string;
}

/** Nodes that do without Redis, and what part of the provider's budget each of them takes. */
export interface LoneNodesTable {
  account: string;
  node: string;
  weight: number;
  kept_until: number;
}

export type IntentOperation = "createCustomer" | "createPayout";
/**
 * OPEN: to be sent. SENDING: on its way, or was when its process died. UNCONFIRMED: sent, the answer was lost.
 * RELEASED: proven not to have been done, so that the key may be used again.
 */
export type IntentState = "OPEN" | "SENDING" | "UNCONFIRMED" | "DONE" | "REFUSED" | "RELEASED";

export interface IntentsTable {
  id: string;
  tenant: string;
  operation: IntentOperation;
  idempotency_key: string;
  fingerprint: string;
  state: IntentState;
  /** What is to be sent, as JSON. */
  command: string;
  /** The customer or payout that the intent made, once known. */
  subject_id: string | null;
  /** The user errors of a refusal, as JSON. */
  refusal: string | null;
  /** Grows with each sender that takes the intent: an outcome brought by an earlier one is not written. */
  fence: number;
  /** Until when the sender that took it has it for itself. */
  lease_until: number;
  /** When it is to be looked at again. */
  next_attempt_at: Generated<number>;
  /** Tries since the last one that brought something: the wait before the next grows with them. */
  attempts: Generated<number>;
  /** When a look-up first found nothing, and nothing was found since; null otherwise. */
  absent_since: number | null;
  /** How many sendings the provider may have received. */
  sendings: Generated<number>;
  /** When the last of them began; null where there was none. */
  sent_at: number | null;
  /** When a caller was first told of a payout still on its way: the key cannot be given free any more. */
  told_at: number | null;
  /** The trace of the call that gave the command, in W3C's form; null where it was not traced. */
  trace_parent: string | null;
  created_at: number;
  updated_at: number;
}

/** What only one node does at a time. */
export interface LeasesTable {
  name: string;
  owner: string;
  lease_until: number;
}

/** What has to be remembered beside the rows, by name. */
export interface SettingsTable {
  name: string;
  value: string;
}

export type InboxState = "RECEIVED" | "APPLIED" | "IGNORED" | "PARKED";

/** ABSENT: the provider does not know the subject. CONTRADICTION: it still reports another end than the event. */
export type EventObstacle = "ABSENT" | "CONTRADICTION";

export interface InboxTable {
  id: Generated<number>;
  tenant: string;
  dedupe_key: string;
  content_hash: string;
  kind: string;
  type: string;
  /** The transaction or customer that the event speaks of: events of one subject are applied in their order. */
  subject: string | null;
  raw_body: string;
  is_conflict: number;
  state: InboxState;
  /** How often it was tried. */
  attempts: number;
  /** How many of the tries count towards parking: not those for which the provider was away. */
  failures: Generated<number>;
  obstacle: EventObstacle | null;
  obstacle_since: number | null;
  next_attempt_at: number;
  /** Until when the worker that took it has it for itself. */
  lease_until: Generated<number>;
  reason: string | null;
  received_at: number;
  settled_at: number | null;
  /** The trace of its delivery, in W3C's form; null where it was not traced. */
  trace_parent: string | null;
}

export interface ApiKeysTable {
  id: string;
  tenant: string;
  /** What it is for, in words. */
  name: string | null;
  /** Separated by spaces. */
  scopes: string;
  /** Hex SHA-256 of the secret part. The secret itself is nowhere. */
  secret_hash: string;
  created_at: number;
  expires_at: number | null;
  revoked_at: number | null;
  last_used_at: number | null;
}

/** Tenants whose credentials count for nothing any more. */
export interface RevokedTenantsTable {
  tenant: string;
  revoked_at: number;
}

/** Append-only: who did what to which object with which outcome. */
export interface AuditLogTable {
  seq: number;
  at: number;
  tenant: string;
  principal: string;
  action: string;
  object_type: string | null;
  object_id: string | null;
  outcome: AuditOutcome;
  detail: string | null;
  request_id: string | null;
  previous_hash: string;
  /** Over everything else of the entry, the previous hash included. */
  hash: string;
}

export interface AuditHeadTable {
  seq: number;
  hash: string;
}

/** The last entry that was removed: the chain goes on from there. Number 0 where none was. */
export interface AuditAnchorTable {
  seq: number;
  hash: string;
}

export interface Tables {
  customers: CustomersTable;
  documents: DocumentsTable;
  payouts: PayoutsTable;
  payout_counts: PayoutCountsTable;
  customer_counts: CustomerCountsTable;
  status_log: StatusLogTable;
  log_head: LogHeadTable;
  recent_changes: RecentChangesTable;
  lone_nodes: LoneNodesTable;
  intents: IntentsTable;
  inbox: InboxTable;
  leases: LeasesTable;
  settings: SettingsTable;
  api_keys: ApiKeysTable;
  revoked_tenants: RevokedTenantsTable;
  audit_log: AuditLogTable;
  audit_head: AuditHeadTable;
  audit_anchor: AuditAnchorTable;
}

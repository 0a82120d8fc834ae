// Rows of the store as the objects that clients see.

import { toCurrencyAmount } from "../schema/currency-digits.js";
import type { Customer } from "../schema/customer.type.js";
import type { Document } from "../schema/document.type.js";
import { maskNumber } from "../schema/mask-number.js";
import type { Money } from "../schema/money.type.js";
import type { InteracInstruction, Payout, PayoutMismatch, PayoutRecipient } from "../schema/payout.type.js";
import type { CustomerStatusChange, DocumentStatusChange, PayoutStatusChange } from "../schema/status-change.type.js";
import type { CustomerRow } from "../store/customer.queries.js";
import type { DocumentRow } from "../store/document.queries.js";
import type { PayoutRow } from "../store/payout.queries.js";
import type { StatusLogRow } from "../store/status-log.queries.js";
import type { Visibility } from "../store/visibility.js";
import { encodeCursor } from "./cursor.js";
import type { StoredMismatch } from "./payout-mismatch.js";

export type AnyStatusChange = CustomerStatusChange | DocumentStatusChange | PayoutStatusChange;

export function toCustomer(row: CustomerRow): Customer {
  return {
    id: row.id,
    type: row.type,
    name: row.business_name ?? [row.first_name, row.last_name].filter((part) => part !== null).join(" "),
    firstName: row.first_name,
    lastName: row.last_name,
    businessName: row.business_name,
    email: row.email,
    country: row.country,
    status: row.status,
    createdAt: new Date(row.created_at),
    updatedAt: new Date(row.updated_at),
    asOf: new Date(row.as_of),
    position: row.position,
    tenant: row.tenant,
  };
}

export function toDocument(row: DocumentRow): Document {
  return {
    id: row.id,
    category: row.category,
    status: row.status,
    fileName: row.file_name,
    contentType: row.content_type,
    size: row.size,
    sha256: row.sha256,
    createdAt: new Date(row.created_at),
    customerId: row.customer_id,
  };
}

export function toPayout(row: PayoutRow, { hasPersonalData, tenant }: Visibility): Payout {
  const recipient = row.recipient === null ? null : toRecipient(JSON.parse(row.recipient));
  return {
    id: row.id,
    transactionId: row.transaction_id,
    reference: row.reference,
    merchantReference: row.merchant_reference,
    walletId: row.wallet_id,
    method: row.method,
    status: row.status,
    failureReason: row.failure_reason,
    amount: toMoney(row.amount, row.amount_currency),
    fee: toMoney(row.fee, row.fee_currency),
    rate: row.rate,
    recipient: hasPersonalData ? recipient : masked(recipient),
    interacInstruction:
      row.interac_instruction === null || !hasPersonalData
        ? null
        : (JSON.parse(row.interac_instruction) as InteracInstruction),
    note: row.note,
    // Only the scope operator shows the rows of every tenant.
    mismatch: row.mismatch === null || tenant !== null ? null : toMismatch(JSON.parse(row.mismatch) as StoredMismatch),
    createdAt: new Date(row.created_at),
    updatedAt: new Date(row.updated_at),
    asOf: new Date(row.as_of),
    customerId: row.customer_id,
    position: row.position,
    tenant: row.tenant,
  };
}

function toMismatch({ reportedAt, ...mismatch }: StoredMismatch): PayoutMismatch {
  return { ...mismatch, reportedAt: new Date(reportedAt) };
}

function toRecipient(stored: Record<string, string | undefined>): PayoutRecipient {
  return {
    accountName: stored.accountName ?? null,
    accountNumber: stored.accountNumber ?? null,
    bankName: stored.bankName ?? null,
    email: stored.email ?? null,
    phoneNumber: stored.phoneNumber ?? null,
    amount: toMoney(stored.amount, stored.currency),
  };
}

function masked(recipient: PayoutRecipient | null): PayoutRecipient | null {
  return recipient?.accountNumber ? { ...recipient, accountNumber: maskNumber(recipient.accountNumber) } : recipient;
}

export function toMoney(amount: string | null | undefined, currency: string | null | undefined): Money | null {
  return amount && currency ? { amount: toCurrencyAmount(amount, currency), currency } : null;
}

export function toStatusChange(row: StatusLogRow, logId: string): AnyStatusChange {
  return {
    cursor: encodeCursor(logId, row.position),
    source: row.source,
    reason: row.reason,
    occurredAt: new Date(row.occurred_at),
    recordedAt: new Date(row.recorded_at),
    from: row.from_status,
    to: row.to_status,
    entity: row.entity,
    entityId: row.entity_id,
    position: row.position,
  } as AnyStatusChange;
}

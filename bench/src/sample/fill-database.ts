// Writes sample data into a database that the product has migrated, row by row as its own queries would.

import SqliteDatabase from "better-sqlite3";
import { tenant } from "../gateway/gateway-settings.js";
import { type SampleStatus, sampleCustomer, samplePayout } from "./sample-data.js";

export interface Filling {
  customers: number;
  payouts: number;
  /** Where payouts are to be moved by webhooks; usually they are of all statuses. */
  status?: SampleStatus;
}

type Row = Record<string, string | number | null>;

export function fillDatabase(file: string, { customers, payouts, status }: Filling): void {
  const db = new SqliteDatabase(file);
  // It is made anew for each run: nothing has to outlive a crash here.
  db.pragma("synchronous = OFF");
  const inserts = new Map<string, SqliteDatabase.Statement>();
  const insert = (table: string, row: Row) => {
    let statement = inserts.get(table);
    if (!statement) {
      const columns = Object.keys(row);
      const values = columns.map((column) => `@${column}`);
      statement = db.prepare(`insert into ${table} (${columns.join(", ")}) values (${values.join(", ")})`);
      inserts.set(table, statement);
    }
    statement.run(row);
  };
  let position = 0;
  db.transaction(() => {
    for (let number = 0; number < customers; number += 1) {
      position += 1;
      insert("customers", customerRow(number, position));
      insert("status_log", logRow(position, "CUSTOMER", customerRow(number, position)));
    }
    for (let number = 0; number < payouts; number += 1) {
      position += 1;
      const row = payoutRow(number, customers, position, status);
      insert("payouts", row);
      insert("status_log", logRow(position, "PAYOUT", row));
    }
    db.prepare("update log_head set position = ?").run(position);
  })();
  db.pragma("wal_checkpoint(TRUNCATE)");
  db.close();
}

function customerRow(number: number, position: number): Row {
  const { id, type, name, firstName, lastName, email, country, status, createdAt } = sampleCustomer(number);
  const at = Date.parse(createdAt);
  return {
    id,
    tenant,
    type,
    first_name: firstName,
    last_name: lastName,
    business_name: null,
    search_text: `${name} ${email}`.toLowerCase(),
    email,
    country,
    status,
    status_at: at,
    position,
    created_at: at,
    updated_at: at,
    as_of: at,
  };
}

function payoutRow(number: number, customers: number, position: number, wanted?: SampleStatus): Row {
  const payout = samplePayout(number, customers, wanted);
  const at = Date.parse(payout.createdAt);
  const { amount: recipientAmount, ...recipient } = payout.recipient;
  return {
    id: payout.id,
    tenant,
    customer_id: payout.customerId,
    transaction_id: payout.transactionId,
    reference: payout.reference,
    merchant_reference: payout.merchantReference,
    wallet_id: payout.walletId,
    method: payout.method,
    status: payout.status,
    failure_reason: null,
    amount: payout.amount.amount,
    amount_currency: payout.amount.currency,
    fee: payout.fee.amount,
    fee_currency: payout.fee.currency,
    rate: null,
    recipient: JSON.stringify({ ...recipient, ...recipientAmount }),
    interac_instruction: null,
    note: payout.note,
    position,
    created_at: at,
    updated_at: at,
    as_of: at,
  };
}

function logRow(position: number, entity: "CUSTOMER" | "PAYOUT", row: Row): Row {
  return {
    position,
    tenant,
    entity,
    entity_id: row.id as string,
    customer_id: (row.customer_id ?? row.id) as string,
    from_status: null,
    to_status: row.status as string,
    source: "RECONCILIATION",
    reason: null,
    occurred_at: row.created_at as number,
    recorded_at: row.created_at as number,
  };
}

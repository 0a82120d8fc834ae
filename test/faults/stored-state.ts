// What the gateway has on disk, read beside it.

import SqliteDatabase from "better-sqlite3";
import pg from "pg";

/** By which the driver's own sessions are told apart. */
export const driverName = "faults-driver";

export interface StoredPayout {
  id: string;
  transaction_id: string | null;
  merchant_reference: string | null;
  status: string;
  customer_id: string;
  amount: string | null;
  amount_currency: string | null;
  /** JSON. */
  recipient: string | null;
  /** JSON of what a report said otherwise than the order; null where none did. */
  mismatch: string | null;
}

export interface StoredState {
  payouts: StoredPayout[];
  customers: { id: string; email: string; status: string }[];
  intents: {
    operation: string;
    idempotency_key: string;
    state: string;
    subject_id: string | null;
    attempts: number;
  }[];
  inbox: {
    id: number;
    dedupe_key: string;
    subject: string | null;
    content_hash: string;
    kind: string;
    type: string;
    state: string;
    attempts: number;
    reason: string | null;
  }[];
  log: {
    position: number;
    entity: string;
    entity_id: string;
    from_status: string | null;
    to_status: string;
    source: string;
    reason: string | null;
  }[];
  /** Whether a look-up by reference has found a payment that was not final: only then does "not found" prove anything. */
  isEchoKnown: boolean;
}

export interface StateReader {
  read(): Promise<StoredState>;
  close(): Promise<void>;
}

type Rows = (sql: string) => Promise<unknown[]>;

export function openSqliteState(path: string): StateReader {
  let database: SqliteDatabase.Database | null = null;
  return {
    read: () => {
      database ??= new SqliteDatabase(path, { readonly: true });
      const opened = database;
      return readAll(async (sql) => opened.prepare(sql).all());
    },
    close: async () => void database?.close(),
  };
}

export function openPostgresState(url: string): StateReader {
  const types = new pg.TypeOverrides();
  types.setTypeParser(pg.types.builtins.INT8, (text) => Number(text));
  const client = new pg.Client({ connectionString: url, types, application_name: driverName });
  client.on("error", () => {});
  const connected = client.connect();
  // Told when something is read.
  connected.catch(() => {});
  return {
    read: async () => {
      await connected;
      return readAll(async (sql) => (await client.query(sql)).rows);
    },
    close: () => client.end(),
  };
}

const provingSettings = [
  "provider.finds-pending-by-reference",
  // Of the build before.
  "provider.echoes-merchant-reference",
];

async function readAll(rows: Rows): Promise<StoredState> {
  // As many columns as there are: an earlier build has fewer.
  const payouts = (await rows("select * from payouts")) as StoredPayout[];
  const settings = (await rows("select name, value from settings")) as { name: string; value: string }[];
  return {
    payouts: payouts.map((payout) => ({ ...payout, mismatch: payout.mismatch ?? null })),
    customers: (await rows("select id, email, status from customers")) as StoredState["customers"],
    intents: (await rows(
      "select operation, idempotency_key, state, subject_id, attempts from intents",
    )) as StoredState["intents"],
    inbox: (await rows(
      "select id, dedupe_key, subject, content_hash, kind, type, state, attempts, reason from inbox order by id",
    )) as StoredState["inbox"],
    log: (await rows(
      "select position, entity, entity_id, from_status, to_status, source, reason from status_log order by position",
    )) as StoredState["log"],
    isEchoKnown: settings.some(({ name, value }) => provingSettings.includes(name) && value === "true"),
  };
}

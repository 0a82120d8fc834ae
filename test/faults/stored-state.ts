// What the gateway has on disk, read beside it.

import SqliteDatabase from "better-sqlite3";
import pg from "pg";

export interface StoredState {
  payouts: { id: string; transaction_id: string | null; merchant_reference: string | null; status: string }[];
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
  /** Whether an answer has shown that the account gives references back. */
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
  const client = new pg.Client({ connectionString: url, types });
  client.on("error", () => {});
  const connected = client.connect();
  return {
    read: async () => {
      await connected;
      return readAll(async (sql) => (await client.query(sql)).rows);
    },
    close: () => client.end(),
  };
}

async function readAll(rows: Rows): Promise<StoredState> {
  const settings = (await rows("select name, value from settings")) as { name: string; value: string }[];
  return {
    payouts: (await rows(
      "select id, transaction_id, merchant_reference, status from payouts",
    )) as StoredState["payouts"],
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
    isEchoKnown: settings.some(({ name, value }) => name === "provider.echoes-merchant-reference" && value === "true"),
  };
}

// The engines: SQLite embedded by default, PostgreSQL at scale. What differs between them is here and in `postgres-dialect.ts`.

import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import SqliteDatabase from "better-sqlite3";
import { Big } from "big.js";
import { Kysely, type RawBuilder, type SelectQueryBuilder, sql, type Transaction } from "kysely";
import { type Clock, monotonicClock, postgresClock } from "./clock.js";
import { busyTimeoutMs, type DatabaseDialect } from "./dialect.js";
import { bringTimesNear } from "./future-times.js";
import { migrate } from "./migrate.js";
import { migrationState, NewerDatabase } from "./migration-state.js";
import { PatientSqliteDialect } from "./patient-sqlite.js";
import { type ChangeWatch, watchByQueries, watchSqliteFile } from "./recent-changes.js";
import { SqliteFile } from "./sqlite-file.js";
import { withKeptStatements } from "./sqlite-statements.js";
import type { Tables } from "./tables.js";
import { createWriteProof } from "./write-proof.js";

export type Db = Kysely<Tables>;
export type Tx = Transaction<Tables>;

export interface Database {
  readonly dialect: DatabaseDialect;
  readonly db: Db;
  /** What leases, retries and expiry go by, never `Date.now()`. */
  readonly clock: Clock;
  /** Runs the work in one transaction: all of it is on disk afterwards, or nothing. */
  transaction<T>(work: (tx: Tx) => Promise<T>): Promise<T>;
  /** Keeps the selected rows from others until the transaction ends. */
  lock<O>(query: SelectQueryBuilder<Tables, keyof Tables, O>): SelectQueryBuilder<Tables, keyof Tables, O>;
  /** The exact sum of a column of decimals, as text; null where there is nothing to add up. */
  sumDecimals(column: string): RawBuilder<string | null>;
  /** What was written to entities, by whatever process. */
  readonly changes: ChangeWatch;
  /** Why nothing can be written; null where it can. Writes a row, at most once a second. */
  writeFault(): Promise<string | null>;
  close(): Promise<void>;
}

export interface DatabaseOptions {
  /** What was committed may be lost: nothing that this process believes to be on disk is certain any more. */
  onDurabilityLost?: (error: unknown) => void;
}

interface Connected {
  db: Db;
  dialect: DatabaseDialect;
  /** Brings the database to the newest shape. */
  migrate: () => Promise<void>;
}

/** A database that is there, as it is: nothing is made and nothing migrated. */
export async function connectDatabase(url: string, options: DatabaseOptions = {}): Promise<Connected> {
  if (!url.startsWith("sqlite:")) return connectPostgres(url);
  const db = new Kysely<Tables>({ dialect: sqliteDialect(url.slice("sqlite:".length), options) });
  return { db, dialect: "sqlite", migrate: () => migrate(db as unknown as Kysely<never>, "sqlite") };
}

/** Opens `sqlite:PATH`, `sqlite::memory:` or `postgres://…` and migrates it. */
export async function openDatabase(url: string, options: DatabaseOptions = {}): Promise<Database> {
  const connected = await connectDatabase(url, options);
  const { db, dialect } = connected;
  let clock: Clock;
  try {
    const { pending, unknown } = await migrationState(db, dialect);
    if (unknown.length > 0) throw new NewerDatabase(unknown);
    if (pending.length > 0) await connected.migrate();
    // A statement that fires triggers keeps what it would undo, in a file otherwise: that took longer than the statement.
    // Migrations go without, since the rows that an index sorts may be too many for memory.
    if (dialect === "sqlite") await sql`pragma temp_store = memory`.execute(db);
    clock = dialect === "postgres" ? await postgresClock(db) : monotonicClock();
    if (dialect === "sqlite") await bringTimesNear(db, clock);
  } catch (error) {
    await db.destroy();
    throw error;
  }
  const path = url.slice("sqlite:".length);
  const isFile = dialect === "sqlite" && path !== ":memory:";
  const changes = isFile ? watchSqliteFile(path) : watchByQueries(db);
  const file = isFile ? new SqliteFile(path) : null;
  const proof = createWriteProof(db, file, clock.now);
  const transaction = async <T>(work: (tx: Tx) => Promise<T>): Promise<T> => {
    try {
      file?.requireSame();
      return await db.transaction().execute(work);
    } catch (error) {
      proof.note(error);
      throw error;
    }
  };
  return {
    dialect,
    db,
    clock,
    changes,
    transaction,
    writeFault: proof.fault,
    // SQLite has one writer at a time: a transaction holds every row already.
    lock: (query) => (dialect === "postgres" ? query.forUpdate() : query),
    sumDecimals: (column) =>
      dialect === "postgres"
        ? sql`cast(sum(cast(${sql.ref(column)} as numeric)) as text)`
        : sql`sum_decimals(${sql.ref(column)})`,
    close: () => {
      changes.close();
      clock.close();
      return db.destroy();
    },
  };
}

// PostgreSQL's classes of faulty data, broken constraints, transactions in each other's way, and values out of bounds.
const rowFault = /^(SQLITE_(CONSTRAINT|TOOBIG|MISMATCH)|(22|23|40|54)[0-9A-Z]{3}$)/;

/** Whether the failure comes from what was written, so that something else could be written all the same. */
export function isAboutRows(error: unknown): boolean {
  return rowFault.test(String((error as { code?: unknown } | null)?.code));
}

function sqliteDialect(path: string, { onDurabilityLost = () => {} }: DatabaseOptions): PatientSqliteDialect {
  return new PatientSqliteDialect({
    database: async () => {
      if (path !== ":memory:") mkdirSync(dirname(path), { recursive: true });
      const database = new SqliteDatabase(path);
      database.pragma("journal_mode = WAL");
      database.pragma("synchronous = FULL");
      database.pragma("foreign_keys = ON");
      database.pragma(`busy_timeout = ${busyTimeoutMs}`);
      // Its own sums are floats.
      database.aggregate<Big | string | null>("sum_decimals", {
        start: null,
        step: (total, decimal) => (decimal === null ? total : Big(total ?? 0).plus(decimal)),
        result: (total) => (total === null ? null : Big(total).toFixed()),
      });
      return withKeptStatements(database, onDurabilityLost);
    },
  });
}

/** The driver is loaded where it is used. */
async function connectPostgres(url: string): Promise<Connected> {
  const { postgresDialects } = await import("./postgres-dialect.js");
  const { serving, migrating } = await postgresDialects(url);
  return {
    db: new Kysely<Tables>({ dialect: serving }),
    dialect: "postgres",
    migrate: async () => {
      const db = new Kysely<never>({ dialect: migrating() });
      await migrate(db, "postgres").finally(() => db.destroy());
    },
  };
}

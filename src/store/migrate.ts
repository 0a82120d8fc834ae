// Every start brings its database to the newest shape.

import { setTimeout as sleep } from "node:timers/promises";
import { type Kysely, Migrator, sql } from "kysely";
import { busyTimeoutMs, type DatabaseDialect } from "./dialect.js";
import { migrationsOf } from "./migrations.js";

// Nothing is served yet: a node may wait long for another to be through.
const otherNodesTurnMs = 60_000;
const betweenTriesMs = 20;

/**
 * Brings the database to the newest shape, or throws and leaves it as it was. Nodes that start at once take turns: on
 * PostgreSQL by the library's lock, on SQLite, where the library neither locks nor undoes, by one transaction.
 */
export async function migrate(db: Kysely<never>, dialect: DatabaseDialect): Promise<void> {
  if (dialect === "postgres") return bringUp(db, dialect);
  await db.connection().execute(async (connection) => {
    await takeTurn(connection);
    try {
      await bringUp(connection, dialect);
      await sql`commit`.execute(connection);
    } catch (error) {
      await sql`rollback`.execute(connection);
      throw error;
    }
  });
}

/** The engine's own wait would stop this process, and with it the other node where both are in one. */
async function takeTurn(connection: Kysely<never>): Promise<void> {
  const deadline = performance.now() + otherNodesTurnMs;
  await sql`pragma busy_timeout = 0`.execute(connection);
  for (;;) {
    try {
      await sql`begin immediate`.execute(connection);
      break;
    } catch (error) {
      const isBusy = (error as { code?: string }).code?.startsWith("SQLITE_BUSY");
      if (!isBusy || performance.now() > deadline) throw error;
      await sleep(betweenTriesMs);
    }
  }
  await sql.raw(`pragma busy_timeout = ${busyTimeoutMs}`).execute(connection);
}

async function bringUp(db: Kysely<never>, dialect: DatabaseDialect): Promise<void> {
  const { error } = await new Migrator({ db, provider: migrationsOf(dialect) }).migrateToLatest();
  if (error) throw new Error("The database could not be brought to its newest shape.", { cause: error });
}

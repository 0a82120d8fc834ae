import { PostgresDialect } from "kysely";
import pg from "pg";
import { PostgresPool, type PostgresTimeouts, withSettings } from "./postgres-pool.js";

/** Together less than what a caller waits for an answer. */
const servingTimeouts: PostgresTimeouts = {
  connectMs: 3_000,
  poolMs: 5_000,
  statementMs: 8_000,
  lockMs: 5_000,
  idleInTransactionMs: 4_000,
  answerMs: 10_000,
};
/** A migration takes as long as its rows need; a node that starts meanwhile waits for it. */
const migrationTimeouts: PostgresTimeouts = {
  connectMs: 3_000,
  poolMs: 60_000,
  statementMs: 0,
  lockMs: 600_000,
  idleInTransactionMs: 60_000,
  answerMs: 0,
};
const maxConnections = 10;

export interface PostgresDialects {
  serving: PostgresDialect;
  /** Without a limit on how long a statement takes. */
  migrating: () => PostgresDialect;
}

export async function postgresDialects(url: string): Promise<PostgresDialects> {
  const isBehindPooler = await isPooler(url);
  const dialectWith = (timeouts: PostgresTimeouts, connections: number) =>
    new PostgresDialect({ pool: new PostgresPool({ url, timeouts, maxConnections: connections, isBehindPooler }) });
  return {
    serving: dialectWith(servingTimeouts, maxConnections),
    migrating: () => dialectWith(migrationTimeouts, 1),
  };
}

/**
 * A pooler such as PgBouncer rejects startup parameters that it does not know, or ignores them. Then each transaction sets
 * its own, because a session's settings would reach other clients.
 */
async function isPooler(url: string): Promise<boolean> {
  const { connectMs, lockMs } = servingTimeouts;
  const client = new pg.Client({
    connectionString: withSettings(url, servingTimeouts),
    connectionTimeoutMillis: connectMs,
    query_timeout: connectMs,
  });
  client.on("error", () => {});
  try {
    await client.connect();
    const { rows } = await client.query("select setting from pg_settings where name = 'lock_timeout'");
    return rows[0]?.setting !== String(lockMs);
  } catch (error) {
    if (/unsupported startup parameter/.test((error as Error).message)) return true;
    throw error;
  } finally {
    // A connection that does not answer does not say goodbye either.
    void client.end().catch(() => {});
  }
}

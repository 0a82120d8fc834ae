// A PostgreSQL whose faults a test chooses: a line that falls silent, locks that somebody holds, and sessions that were
// forgotten inside a transaction.

import pg from "pg";
import { CuttableLine } from "./cuttable-line.js";
import { administer } from "./test-databases.js";

const sessions = new Set<pg.Client>();

afterEach(async () => {
  for (const session of sessions) await session.end().catch(() => {});
  sessions.clear();
});

/** The same database through a line that can be cut and silenced. */
export async function throughLine(databaseUrl: string): Promise<{ url: string; line: CuttableLine }> {
  const url = new URL(databaseUrl);
  const line = await CuttableLine.to(databaseUrl);
  url.hostname = "127.0.0.1";
  url.port = new URL(line.url).port;
  return { url: url.href, line };
}

/** A session of somebody else that runs the statement in a transaction and does not end it. */
export async function holdOpen(databaseUrl: string, statement: string): Promise<{ release(): Promise<void> }> {
  const session = new pg.Client({ connectionString: databaseUrl });
  session.on("error", () => {});
  await session.connect();
  sessions.add(session);
  await session.query("begin");
  await session.query(statement);
  return {
    release: async () => {
      sessions.delete(session);
      await session.end();
    },
  };
}

/** As an operator would, or a failover. Sessions that are open keep what they had. */
export async function alterDatabase(databaseUrl: string, change: string): Promise<void> {
  await administer((client) => client.query(`alter database ${new URL(databaseUrl).pathname.slice(1)} ${change}`));
}

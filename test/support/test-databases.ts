// Each engine that can be reached from here, with databases of its own that are gone after the test. PostgreSQL is left
// out with its reason where it cannot be reached, unless REQUIRE_SERVICES=1 asks for it.

import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { type Database, openDatabase } from "../../src/store/database.js";

export type DatabaseKind = "SQLite in memory" | "SQLite in a file" | "PostgreSQL";

/** The URL of a database that nothing has touched yet. */
export type NewUrl = () => Promise<string>;
/** Opens a new database, or another connection to the one at the URL. */
export type Open = (url?: string) => Promise<Database>;

const postgresUrl = process.env.POSTGRES_TEST_URL || "postgres://postgres@127.0.0.1:5432/test";
const unreachable = await reasonAgainst(postgresUrl);

const urlMakers: Record<DatabaseKind, NewUrl> = {
  "SQLite in memory": async () => "sqlite::memory:",
  "SQLite in a file": newSqliteUrl,
  PostgreSQL: newPostgresUrl,
};

const opened = new Set<Database>();
const drops: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const database of opened) await database.close();
  opened.clear();
  for (const drop of drops.splice(0)) await drop();
});

/** Defines the same tests for every engine; `kinds` narrows them, e.g. to what several connections can share. */
export function forEachDatabase(
  define: (name: DatabaseKind, open: Open, newUrl: NewUrl) => void,
  kinds: readonly DatabaseKind[] = ["SQLite in memory", "SQLite in a file", "PostgreSQL"],
): void {
  for (const kind of kinds) {
    describe(kind, () => {
      if (kind === "PostgreSQL" && unreachable !== null) return leaveOut(unreachable);
      const newUrl = urlMakers[kind];
      define(kind, async (url) => openTestDatabase(url ?? (await newUrl())), newUrl);
    });
  }
}

/** The engines that a second connection, and so a second node or a test that looks on, can share. */
export const sharedKinds: readonly DatabaseKind[] = ["SQLite in a file", "PostgreSQL"];

export async function openTestDatabase(url: string): Promise<Database> {
  const database = await openDatabase(url);
  const tracked = { ...database, close: async () => void (opened.delete(tracked) && (await database.close())) };
  opened.add(tracked);
  return tracked;
}

export async function newSqliteUrl(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "gateway-db-"));
  drops.push(() => rm(folder, { recursive: true, force: true }));
  return `sqlite:${join(folder, "gateway.db")}`;
}

// To make a database costs more than most tests do: emptied ones serve the next test of the file.
const emptied: string[] = [];

afterAll(async () => {
  const names = emptied.splice(0);
  if (names.length === 0) return;
  await administer(async (client) => {
    for (const name of names) await client.query(`drop database if exists ${name} with (force)`);
  });
});

async function newPostgresUrl(): Promise<string> {
  const name = emptied.pop() ?? `gateway_test_${process.pid}_${randomBytes(6).toString("hex")}`;
  const url = new URL(postgresUrl);
  url.pathname = `/${name}`;
  await administer(async (client) => {
    const { rowCount } = await client.query("select 1 from pg_database where datname = $1", [name]);
    if (rowCount === 0) await client.query(`create database ${name}`);
  });
  drops.push(async () => {
    emptied.push(name);
    await administer(async (client) => {
      await client.query(`alter database ${name} allow_connections true`);
      await client.query("select pg_terminate_backend(pid) from pg_stat_activity where datname = $1", [name]);
    });
    await administer((client) => client.query("drop schema public cascade; create schema public"), url.href);
  });
  return url.href;
}

/** Runs statements beside the database under test, as whoever looks after the server would. */
export async function administer(work: (client: pg.Client) => Promise<unknown>, url = postgresUrl): Promise<void> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 3_000 });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}

async function reasonAgainst(url: string): Promise<string | null> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 3_000 });
  try {
    await client.connect();
    await client.end();
    return null;
  } catch (error) {
    const { code, message } = error as Error & { code?: string };
    return code ?? message;
  }
}

function leaveOut(reason: string): void {
  const message = `PostgreSQL cannot be reached (${reason}); set POSTGRES_TEST_URL to where it is.`;
  if (process.env.REQUIRE_SERVICES === "1") {
    test("can be reached", () => {
      throw new Error(message);
    });
    return;
  }
  console.warn(message);
  test.skip(message, () => {});
}

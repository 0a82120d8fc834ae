// A database is brought to its newest shape once, whoever starts on it, or stays as it was.

import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { jest } from "@jest/globals";
import SqliteDatabase from "better-sqlite3";
import { type Sandbox, startSandbox } from "../src/sandbox/sandbox.js";
import { openDatabase } from "../src/store/database.js";
import { type Build, buildGateway } from "./support/built-gateway.js";
import { environmentFor } from "./support/provider-and-nodes.js";
import { administer, forEachDatabase, sharedKinds } from "./support/test-databases.js";

jest.setTimeout(60_000);

const nodes = 3;

/** Answers what the statement selects, as whoever looks after the database would ask. */
async function runOn(url: string, statement: string): Promise<unknown[]> {
  if (url.startsWith("postgres")) {
    let rows: unknown[] = [];
    await administer(async (client) => {
      ({ rows } = await client.query(statement));
    }, url);
    return rows;
  }
  const database = new SqliteDatabase(url.slice("sqlite:".length));
  try {
    const prepared = database.prepare(statement);
    if (prepared.reader) return prepared.all();
    prepared.run();
    return [];
  } finally {
    database.close();
  }
}

// All of them wait for the same moment, so that none is through before the next begins.
const openAtOnce = `
  const { openDatabase } = await import("./dist/store/database.js");
  await new Promise((resolve) => setTimeout(resolve, Number(process.argv[2]) - Date.now()));
  const database = await openDatabase(process.argv[1]);
  await database.close();
`;
let build: Build;
let provider: Sandbox;

beforeAll(async () => {
  build = await buildGateway();
  provider = await startSandbox({ port: 0, stateFile: join(build.directory, "sandbox.db") });
});
afterAll(async () => {
  await build?.remove();
  await provider?.stop();
});

forEachDatabase((_name, open, newUrl) => {
  test("of processes that open a new database in the same moment, each finds it migrated", async () => {
    const url = await newUrl();
    const at = String(Date.now() + 6_000);
    const args = ["--input-type=module", "-e", openAtOnce, url, at];
    const opening = Array.from({ length: 5 }, () =>
      promisify(execFile)(process.execPath, args, { cwd: build.directory }),
    );
    for (const { stderr } of await Promise.all(opening)) expect(stderr).toBe("");
    expect(await runOn(url, "select log_id from log_head")).toHaveLength(1);
  });

  test("nodes of one process that start together take turns", async () => {
    const url = await newUrl();
    await Promise.all(Array.from({ length: nodes }, () => open(url)));
    expect(await runOn(url, "select log_id from log_head")).toHaveLength(1);
  });

  test("a migration that fails half-way leaves the database as it was", async () => {
    const url = await newUrl();
    // In the way of a later one.
    await runOn(url, "create table lone_nodes (kept text)");
    await expect(openDatabase(url)).rejects.toThrow("could not be brought to its newest shape");
    // An engine's error may be of another realm than the test's.
    const looked = runOn(url, "select * from customers").catch(({ message }) => message);
    expect(await looked).toMatch(/customers/);
    expect(await runOn(url, "select kept from lone_nodes")).toEqual([]);

    await runOn(url, "drop table lone_nodes");
    await open(url);
    expect(await runOn(url, "select * from customers")).toEqual([]);
  });

  test("of gateways that start together on a new database, all serve", async () => {
    const databaseUrl = await newUrl();
    const processes = Array.from({ length: nodes }, () =>
      build.run("index.js", { ...environmentFor(provider), PORT: "0", DATABASE_URL: databaseUrl }),
    );
    const urls = await Promise.all(processes.map((process) => process.printed(/GraphQL API\s+(http\S+)\/graphql/)));
    for (const url of urls) expect((await fetch(`${url}/readyz`)).status).toBe(200);
    for (const process of processes) expect((await process.stop()).exitCode).toBe(0);
    expect(await runOn(databaseUrl, "select log_id from log_head")).toHaveLength(1);
  });
}, sharedKinds);

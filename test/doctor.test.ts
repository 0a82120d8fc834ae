// One gateway and one sandbox, in processes of their own; each case plants one fault, and the doctor names that alone.

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { jest } from "@jest/globals";
import SqliteDatabase from "better-sqlite3";
import { type Build, buildGateway } from "./support/built-gateway.js";
import { readSandboxLines } from "./support/sandbox-lines.js";

jest.setTimeout(90_000);

let build: Build;
let folder: string;
let settings: Record<string, string>;
/** Nobody listens there any more. */
let nowhere: string;

const database = () => join(folder, "gateway.db");

beforeAll(async () => {
  build = await buildGateway();
  folder = await mkdtemp(join(tmpdir(), "payout-gateway-doctor-"));
  const sandbox = build.run("cli.js", { SANDBOX_PORT: "0", SANDBOX_STATE_FILE: ":memory:" }, ["sandbox"]);
  settings = { ...(await readSandboxLines(sandbox)), PORT: "0", DATABASE_URL: `sqlite:${database()}` };
  const gateway = build.run("cli.js", settings, ["start"]);
  settings.PUBLIC_URL = await gateway.printed(/GraphQL API\s+(http\S+)\/graphql/);
  await cli(["webhooks", "register", "--move"]);
  const closed = createServer();
  nowhere = await listen(closed);
  await new Promise((resolve) => closed.close(resolve));
});
afterAll(async () => {
  await build.remove();
  await rm(folder, { recursive: true, force: true });
});

async function cli(args: string[], changes: Record<string, string> = {}) {
  const command = build.run("cli.js", { ...settings, ...changes }, args);
  return { exitCode: await command.exitCode, output: command.output, errors: command.errors };
}

interface Finding {
  check: string;
  status: string;
  says: string;
  remedy?: string;
}

async function faultsWith(changes: Record<string, string>) {
  const { exitCode, output, errors } = await cli(["doctor", "--json"], changes);
  const { isHealthy, findings } = JSON.parse(output) as { isHealthy: boolean; findings: Finding[] };
  const faults = findings.filter(({ status }) => status === "fault");
  expect({ exitCode, isHealthy, errors }).toEqual({
    exitCode: faults.length > 0 ? 1 : 0,
    isHealthy: faults.length === 0,
    errors: "",
  });
  for (const { remedy } of faults) expect(remedy).toMatch(/\w/);
  return faults.map(({ check, says }) => ({ check, says }));
}

/** The provider answers the doctor's one question like this, once. */
async function answerNext(status: number, body: unknown, headers: Record<string, string> = {}) {
  const scripted = await fetch(`${settings.PROVIDER_URL}/_sandbox/faults`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ route: "GET /webhook", kind: "answer", status, body, headers }),
  });
  expect(scripted.status).toBe(201);
}

const registeredHere = () => {
  const url = `${settings.PUBLIC_URL}/webhooks`;
  return { id: "1", payout_url: url, collection_url: url };
};

test("where nothing is wrong the doctor says so, also of a fresh clone without any setting", async () => {
  expect(await faultsWith({})).toEqual([]);
  const fresh = build.run("cli.js", {}, ["doctor"]);
  expect(await fresh.exitCode).toBe(0);
  expect(fresh.output).toContain("Nothing is wrong.");
});

test("for people each fault has a line, and a line that says what to do", async () => {
  const { exitCode, errors } = await cli(["doctor"], { REDIS_URL: "redis://:hunter2@127.0.0.1:1" });
  expect(exitCode).toBe(1);
  expect(errors).toMatch(/^fault +redis +127\.0\.0\.1:1 cannot be used: .*\n +Start it, or correct REDIS_URL\./m);
  expect(errors).toContain("Faults: 1.");
  expect(errors).not.toContain("hunter2");
});

type Plant = () => Promise<Record<string, string>> | Record<string, string>;

const planted: [fault: string, check: string, says: RegExp, plant: Plant][] = [
  ["a variable that cannot be used", "configuration", /^PORT: /, () => ({ PORT: "many" })],
  [
    "a database server that is not there",
    "database",
    /ECONNREFUSED/,
    () => ({ DATABASE_URL: "postgres://postgres@127.0.0.1:1/none" }),
  ],
  [
    "a database file that is something else",
    "database",
    /not a database/,
    async () => {
      await writeFile(join(folder, "letter.db"), "Dear reader, this is no database at all.".repeat(50));
      return { DATABASE_URL: `sqlite:${join(folder, "letter.db")}` };
    },
  ],
  [
    "a database that was not migrated to the end",
    "database",
    /lacks 006-recent-changes/,
    () => ({
      DATABASE_URL: `sqlite:${withMigrations("old.db", "delete from kysely_migration where name like '006%'")}`,
    }),
  ],
  [
    "a database of a newer version",
    "database",
    /newer version/,
    () => ({
      DATABASE_URL: `sqlite:${withMigrations("new.db", "insert into kysely_migration values ('999-later', '2030')")}`,
    }),
  ],
  ["a Redis that is not there", "redis", /ECONNREFUSED/, () => ({ REDIS_URL: "redis://127.0.0.1:1" })],
  [
    "an issuer whose keys cannot be read",
    "sign-in",
    /ECONNREFUSED/,
    () => ({
      AUTH_DISABLED: "",
      AUTH_JWKS_URL: `${nowhere}/jwks`,
      AUTH_ISSUER: "issuer",
      AUTH_AUDIENCE: "gateway",
    }),
  ],
  ["a wrong client secret", "provider", /does not take the credentials/, () => ({ PROVIDER_CLIENT_SECRET: "wrong" })],
  ["a provider that is not there", "provider", /cannot be reached/, () => ({ PROVIDER_URL: "http://127.0.0.1:1" })],
  [
    "an address that is not the provider's",
    "provider",
    /is not the provider/,
    () => ({ PROVIDER_URL: settings.PUBLIC_URL as string }),
  ],
  [
    "a scope that is not asked for",
    "scopes",
    /lacks .*payout:create/,
    () => ({ PROVIDER_SCOPE: "customer:read webhook:read" }),
  ],
  [
    "a scope that the credential does not have",
    "scopes",
    /does not have every scope/,
    () => ({ PROVIDER_SCOPE: `${everyScope} full-access` }),
  ],
  ["a scope that the provider forbids", "scopes", /forbids/, () => answerNext(403, { message: "no" }).then(() => ({}))],
  [
    "a clock that is ten minutes behind the provider's",
    "clock",
    /\d+ s behind the provider's/,
    async () => {
      await answerNext(200, registeredHere(), { date: new Date(Date.now() + 600_000).toUTCString() });
      return {};
    },
  ],
  [
    "webhooks that are registered nowhere",
    "webhooks",
    /nowhere/,
    () => answerNext(404, { status: false, message: "none" }).then(() => ({})),
  ],
  [
    "webhooks that are registered elsewhere",
    "webhooks",
    /https:\/\/elsewhere\.example\/hooks/,
    async () => {
      const url = "https://elsewhere.example/hooks";
      await answerNext(200, { id: "1", payout_url: url, collection_url: url });
      return {};
    },
  ],
  ["no signing secret", "signing-secret", /no WEBHOOK_SIGNING_SECRET/, () => ({ WEBHOOK_SIGNING_SECRET: "" })],
  [
    "a file of signing secrets that is not there",
    "signing-secret",
    /no WEBHOOK_SIGNING_SECRET/,
    () => ({ WEBHOOK_SIGNING_SECRET: "", WEBHOOK_SIGNING_SECRET_FILE: join(folder, "gone") }),
  ],
  [
    "a PUBLIC_URL that leads nowhere",
    "public-url",
    /ECONNREFUSED/,
    async () => {
      const url = `${nowhere}/webhooks`;
      await answerNext(200, { id: "1", payout_url: url, collection_url: url });
      return { PUBLIC_URL: nowhere };
    },
  ],
];

const everyScope = [
  "customer:read customer:write file:upload payout:create transaction:read wallet:read currency:read bank:read",
  "fees:read rates:read webhook:read webhook:write webhook:replay",
].join(" ");

test.each(planted)("%s is found as %s, and nothing else is", async (_fault, check, says, plant) => {
  const faults = await faultsWith(await plant());
  expect(faults).toEqual([{ check, says: expect.stringMatching(says) }]);
});

test("a gateway does not start on a database of a newer version, and says why in one line", async () => {
  const path = withMigrations("newer.db", "insert into kysely_migration values ('999-later', '2030')");
  const { exitCode, output, errors } = await cli(["start"], { DATABASE_URL: `sqlite:${path}` });
  expect({ exitCode, output }).toEqual({ exitCode: 1, output: "" });
  expect(errors).toMatch(/^A newer version has migrated the database \(999-later\)\..*\n$/);
});

test("what answers at PUBLIC_URL and is no gateway is found", async () => {
  const other = createServer((_request, response) => response.end("Welcome!"));
  try {
    const PUBLIC_URL = await listen(other);
    const url = `${PUBLIC_URL}/webhooks`;
    await answerNext(200, { id: "1", payout_url: url, collection_url: url });
    expect(await faultsWith({ PUBLIC_URL })).toEqual([
      { check: "public-url", says: expect.stringContaining("Something else than a gateway") },
    ]);
  } finally {
    await new Promise((resolve) => other.close(resolve));
  }
});

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A copy of a database whose migrations were other ones. */
function withMigrations(name: string, statement: string): string {
  const path = join(folder, name);
  const source = new SqliteDatabase(database(), { readonly: true });
  source.prepare("vacuum into ?").run(path);
  source.close();
  const copy = new SqliteDatabase(path);
  copy.exec(statement);
  copy.close();
  return path;
}

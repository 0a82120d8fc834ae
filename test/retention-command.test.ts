// payout-gateway retention run, and what the trail says of it, as an operator meets them.

import { removeAuditEntries } from "../src/access/audit-removal.js";
import { append } from "./support/aged-rows.js";
import { trailOf } from "./support/audited-gateway.js";
import { type Build, buildGateway } from "./support/built-gateway.js";
import { eventRow } from "./support/stored-rows.js";
import { newSqliteUrl, openTestDatabase } from "./support/test-databases.js";

let build: Build;
beforeAll(async () => {
  build = await buildGateway();
});
afterAll(() => build.remove());

const dayMs = 86_400_000;

async function start() {
  const url = await newSqliteUrl();
  const run = async (environment: Record<string, string>, ...args: string[]) => {
    const command = build.run("cli.js", { DATABASE_URL: url, ...environment }, args);
    return { exitCode: await command.exitCode, output: command.output, errors: command.errors };
  };
  const database = await openTestDatabase(url);
  await append(
    database,
    [100, 99, 1].map((days) => ({ recorded_at: Date.now() - days * dayMs })),
  );
  const at = Date.now() - 200 * dayMs;
  await database.db
    .insertInto("inbox")
    .values(eventRow({ state: "APPLIED", received_at: at, settled_at: at }))
    .execute();
  return { database, db: database.db, run };
}

test("retention run says what it removed and that the rest is kept for ever; --dry-run removes nothing", async () => {
  const { db, run } = await start();
  const days = { RETENTION_STATUS_LOG_DAYS: "90" };
  const removed = {
    isDryRun: false,
    keptDays: { status_log: 90, inbox: null, audit: null },
    removed: { status_log: 2 },
  };
  const trial = await run(days, "retention", "run", "--dry-run", "--json");
  expect(JSON.parse(trial.output)).toEqual({ ...removed, isDryRun: true });
  expect(await db.selectFrom("status_log").selectAll().execute()).toHaveLength(3);
  expect(await trailOf(db)).toEqual([]);

  expect(await run(days, "retention", "run")).toMatchObject({
    exitCode: 0,
    output: [
      "kind\tdays kept\tremoved\tset by",
      "status_log\t90\t2\tRETENTION_STATUS_LOG_DAYS",
      "inbox\tfor ever\t0\tRETENTION_INBOX_DAYS",
      "audit\tfor ever\t0\tRETENTION_AUDIT_DAYS\n",
    ].join("\n"),
  });
  expect(await db.selectFrom("status_log").selectAll().execute()).toHaveLength(1);
  expect(await db.selectFrom("inbox").selectAll().execute()).toHaveLength(1);
  expect((await trailOf(db)).map(({ action, outcome, detail }) => [action, outcome, detail?.removed])).toEqual([
    ["runRetention", "ATTEMPTED", undefined],
    ["runRetention", "DONE", { status_log: 2 }],
  ]);
});

test("retention run is refused while a node is at it, and with a time that would break a promise", async () => {
  const { db, run } = await start();
  await db
    .insertInto("leases")
    .values({ name: "retention", owner: "a node", lease_until: Date.now() + 60_000 })
    .execute();
  expect(await run({ RETENTION_INBOX_DAYS: "95" }, "retention", "run")).toMatchObject({
    exitCode: 1,
    errors: "A node of the gateway, or another command, is at it now.\n",
  });
  for (const [name, days] of [
    ["RETENTION_STATUS_LOG_DAYS", "6"],
    ["RETENTION_INBOX_DAYS", "94"],
    ["RETENTION_AUDIT_DAYS", "89"],
    ["RETENTION_AUDIT_DAYS", "1.5"],
    ["RETENTION_AUDIT_DAYS", "-1"],
  ] as const) {
    const { exitCode, errors } = await run({ [name]: days }, "retention", "run");
    expect({ name, days, exitCode }).toEqual({ name, days, exitCode: 1 });
    expect(errors).toContain(`${name}: must be 0, for ever, or a whole number of days from `);
  }
  expect(await db.selectFrom("inbox").selectAll().execute()).toHaveLength(1);
});

test("audit verify says up to where entries were removed, and that a hash of one of them cannot be compared", async () => {
  const { database, db, run } = await start();
  for (const tenant of ["a", "b"]) await run({}, "tenants", "revoke", tenant);
  const [first] = await trailOf(db);
  await removeAuditEntries(database, { before: Date.now() + 1, most: 2, principalId: "retention" });
  expect(await run({}, "audit", "verify")).toMatchObject({
    exitCode: 0,
    output: expect.stringMatching(
      /^All entries fit: 3 after 2, up to which they were removed with age\. Keep the last one elsewhere: 5 [0-9a-f]{64}\n$/,
    ),
  });
  expect(await run({}, "audit", "verify", "1", first?.hash as string)).toMatchObject({
    exitCode: 1,
    errors:
      "Entry 1 was removed with age: only a copy from before can tell whether it is what was written. Of what is kept, 3 were read and fit.\n",
  });
});

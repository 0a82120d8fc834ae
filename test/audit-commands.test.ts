import { sql } from "kysely";
import { insertCustomer } from "../src/store/customer.queries.js";
import { trailOf } from "./support/audited-gateway.js";
import { type Build, buildGateway } from "./support/built-gateway.js";
import { customerRow } from "./support/stored-rows.js";
import { newSqliteUrl, openTestDatabase } from "./support/test-databases.js";

let build: Build;
beforeAll(async () => {
  build = await buildGateway();
});
afterAll(() => build.remove());

async function start() {
  const url = await newSqliteUrl();
  const run = async (...args: string[]) => {
    const command = build.run("cli.js", { DATABASE_URL: url }, args);
    return { exitCode: await command.exitCode, output: command.output, errors: command.errors };
  };
  return { ...(await openTestDatabase(url)), run };
}

test("what an operator does by command is in the trail, as attempt and outcome", async () => {
  const { db, transaction, run } = await start();
  await transaction((tx) => insertCustomer(tx, customerRow({ id: "c-1" })));
  const { output } = await run("keys", "create", "--tenant", "acme", "--scope", "payouts:read", "--name", "Ada Obi");
  const [key = "", id = ""] = /^pgk_([0-9a-f]{16})_\S+/.exec(output) ?? [];
  await run("keys", "list");
  await run("keys", "revoke", id);
  expect((await run("keys", "revoke", key)).exitCode).toBe(1);
  await run("tenants", "assign", "c-1", "acme");
  await run("tenants", "revoke", "acme");
  await run("tenants", "restore", "acme");
  expect((await run("tenants", "restore", "acme")).exitCode).toBe(1);
  await run("webhooks", "retry");
  const trail = await trailOf(db);
  const done = trail.filter(({ outcome }) => outcome !== "ATTEMPTED");
  expect(trail).toHaveLength(2 * done.length);
  expect(trail.every(({ principal }) => principal === "command")).toBe(true);
  expect(
    done.map(({ action, tenant, object_type, object_id, outcome }) => [
      action,
      tenant,
      object_type,
      object_id,
      outcome,
    ]),
  ).toEqual([
    ["createKey", "acme", "key", id, "DONE"],
    ["revokeKey", "acme", "key", id, "DONE"],
    ["revokeKey", "operator", null, null, "REFUSED"],
    ["assignCustomer", "acme", "customer", "c-1", "DONE"],
    ["revokeTenant", "acme", "tenant", "acme", "DONE"],
    ["restoreTenant", "acme", "tenant", "acme", "DONE"],
    ["restoreTenant", "acme", "tenant", "acme", "REFUSED"],
    ["retryWebhookEvents", "operator", null, null, "DONE"],
  ]);
  expect(JSON.stringify(trail)).not.toContain(key.slice(-43));
  expect(JSON.stringify(trail)).not.toContain("Ada Obi");
});

test("audit verify says that all fits and what to keep, and finds the first entry that does not with exit code 1", async () => {
  const { db, run } = await start();
  expect(await run("audit", "verify")).toMatchObject({
    exitCode: 0,
    output: "All entries fit: 0. There is none yet.\n",
  });
  for (const tenant of ["a", "b", "c"]) await run("tenants", "revoke", tenant);
  const whole = await run("audit", "verify");
  expect(whole).toMatchObject({
    exitCode: 0,
    output: expect.stringMatching(/^All entries fit: 6\. .* 6 [0-9a-f]{64}\n$/),
  });
  const kept = /(\d+) ([0-9a-f]{64})/.exec(whole.output)!;
  expect(await run("audit", "verify", kept[1]!, kept[2]!)).toMatchObject({ exitCode: 0 });
  expect(await run("audit", "verify", "5", kept[2]!)).toMatchObject({
    exitCode: 1,
    errors: "Entry 5 has another hash than the one that was kept for it. The 4 before it fit.\n",
  });
  for (const verb of ["update", "delete"]) await sql.raw(`drop trigger audit_log_no_${verb}`).execute(db);
  await db.updateTable("audit_log").set({ tenant: "z" }).where("seq", "=", 4).execute();
  expect(await run("audit", "verify")).toMatchObject({
    exitCode: 1,
    errors: "Entry 4 is not what was written. The 3 before it fit.\n",
  });
  await db.deleteFrom("audit_log").where("seq", ">", 3).execute();
  expect(await run("audit", "verify")).toMatchObject({
    exitCode: 1,
    errors: "Entry 4 is missing. The 3 before it fit.\n",
  });
});

test("audit list shows the newest entries, as many as are asked for", async () => {
  const { run } = await start();
  for (const tenant of ["a", "b"]) await run("tenants", "revoke", tenant);
  const lines = (await run("audit", "list")).output.trimEnd().split("\n");
  expect(lines).toHaveLength(5);
  expect(lines[1]).toMatch(/^4\t\S+\tb\tcommand\trevokeTenant\ttenant b\tDONE\t\{"attempt":3\}\t-$/);
  expect((await run("audit", "list", "1")).output.trimEnd().split("\n")).toHaveLength(2);
  for (const args of [[], ["explode"], ["verify", "x"], ["verify", "5"], ["list", "0"]]) {
    expect(await run("audit", ...args)).toMatchObject({ exitCode: 2, errors: expect.stringContaining("Usage") });
  }
});

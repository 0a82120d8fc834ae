// The operator's scripts under ops/, on a gateway that runs.

import { execFile } from "node:child_process";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { jest } from "@jest/globals";
import { eventually } from "./support/eventually.js";
import { startTestGateway } from "./support/start-test-gateway.js";
import { readLog } from "./support/status-log.js";
import { forEachDatabase, sharedKinds } from "./support/test-databases.js";

jest.setTimeout(60_000);

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "gateway-backup-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function run(script: string, databaseUrl: string, ...args: string[]): Promise<{ code: number; output: string }> {
  const options = { env: { PATH: process.env.PATH, DATABASE_URL: databaseUrl } };
  return promisify(execFile)(process.execPath, [`ops/${script}.js`, ...args], options).then(
    ({ stdout }) => ({ code: 0, output: stdout.trim() }),
    ({ code, stderr }) => ({ code, output: stderr }),
  );
}

forEachDatabase((_name, _open, newUrl) => {
  const start = (databaseUrl: string) =>
    startTestGateway({ config: { databaseUrl }, sandbox: { stateFile: join(folder, "sandbox.db") } });

  test("a backup of a running gateway brings back what was there, and refuses the cursors of what is lost", async () => {
    const databaseUrl = await newUrl();
    const before = await start(databaseUrl);
    const { customer: kept } = await before.client.createCustomer();
    const backup = await run("backup", databaseUrl, join(folder, "backups"));
    expect(backup).toMatchObject({ code: 0 });
    const log = (await readLog(before.client)).map(({ id, to }) => ({ id, to }));
    const { customer: lost } = await before.client.createCustomer();
    const { statusCursor } = await before.client.run("{ statusCursor }");
    await before.stop();

    // Not over what is there, unless asked to.
    expect((await run("restore", databaseUrl, backup.output)).output).toContain("--replace");
    expect(await run("restore", databaseUrl, backup.output, "--replace")).toMatchObject({ code: 0 });

    const { client } = await start(databaseUrl);
    expect((await readLog(client)).map(({ id, to }) => ({ id, to }))).toEqual(log);
    const { customers } = await client.run("{ customers { nodes { id } } }");
    expect(customers.nodes).toEqual([{ id: kept.id }]);
    const { errors } = await client.request("query ($after: Cursor) { statusChanges(after: $after) { cursor } }", {
      after: statusCursor,
    });
    expect(errors).toMatchObject([{ extensions: { code: "CURSOR_INVALID" } }]);
    // The provider has it still.
    expect((await client.run("query ($id: ID!) { customer(id: $id) { id } }", { id: lost.id })).customer.id).toBe(
      lost.id,
    );
  });

  test("after a restore, what the provider has besides is imported", async () => {
    const databaseUrl = await newUrl();
    const importing = (url: string) =>
      startTestGateway({
        config: { databaseUrl: url, reconcileMs: 100 },
        sandbox: { stateFile: join(folder, "sandbox.db") },
      });
    const isImported = async (url: string) => {
      const { detail } = (await (await fetch(`${url}/readyz`)).json()) as { detail?: string };
      return !detail?.includes("importing");
    };
    const before = await importing(databaseUrl);
    await eventually(() => isImported(before.gateway.url));
    const backup = await run("backup", databaseUrl, folder);
    const customer = await before.client.verifiedCustomer();
    const { payout } = await before.client.createPayout({ customerId: customer.id });
    const { transactionId } = await before.client.payoutReaching(payout.id, "SUCCESSFUL", "transactionId");
    await before.stop();
    expect(await run("restore", databaseUrl, backup.output, "--replace")).toMatchObject({ code: 0 });

    const { client, gateway } = await importing(databaseUrl);
    await eventually(() => isImported(gateway.url));
    const { payouts } = await client.run("{ payouts { nodes { transactionId status customer { id } } } }");
    expect(payouts.nodes).toEqual([{ transactionId, status: "SUCCESSFUL", customer: { id: customer.id } }]);
  });

  test("a backup goes into an empty place", async () => {
    const databaseUrl = await newUrl();
    const first = await start(databaseUrl);
    const { customer } = await first.client.createCustomer();
    const backup = await run("backup", databaseUrl, folder);
    await first.stop();
    const otherUrl = await newUrl();
    expect(await run("restore", otherUrl, backup.output)).toMatchObject({ code: 0 });
    const { client } = await start(otherUrl);
    expect((await client.run("{ customers { nodes { id } } }")).customers.nodes).toEqual([{ id: customer.id }]);
  });

  test("what is no backup changes nothing, and what cannot be copied leaves nothing", async () => {
    const databaseUrl = await newUrl();
    const { client } = await start(databaseUrl);
    const { customer } = await client.createCustomer();
    const broken = join(folder, "broken");
    await writeFile(broken, "not a database");
    expect((await run("restore", databaseUrl, broken, "--replace")).code).toBe(1);
    expect((await client.run("{ customers { nodes { id } } }")).customers.nodes).toEqual([{ id: customer.id }]);
    const nothing = databaseUrl.startsWith("sqlite:")
      ? `sqlite:${join(folder, "none.db")}`
      : "postgres://nobody@127.0.0.1:1/x";
    const target = join(folder, "backups");
    expect((await run("backup", nothing, target)).code).toBe(1);
    expect(await readdir(target)).toEqual([]);
  });
}, sharedKinds);

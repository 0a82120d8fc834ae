// The command line as it is installed: the compiled program, against a gateway and a sandbox in processes of their own.

import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { jest } from "@jest/globals";
import { type Build, buildGateway } from "./support/built-gateway.js";
import { eventually } from "./support/eventually.js";
import { readSandboxLines } from "./support/sandbox-lines.js";
import { TestClient } from "./support/test-client.js";

jest.setTimeout(90_000);

let build: Build;
let client: TestClient;
let settings: Record<string, string>;
let gatewayUrl: string;

const hourMs = "3600000";

/** Answers what the command printed; a JSON value where it was asked for. */
async function run(args: string[], environment: Record<string, string> = {}) {
  const command = build.run("cli.js", { ...settings, ...environment }, args);
  const exitCode = await command.exitCode;
  const { output, errors } = command;
  return { exitCode, output, errors, json: args.includes("--json") ? JSON.parse(output) : null };
}

const trigger = async (...args: string[]) => {
  const done = await run(["sandbox", "trigger", ...args, "--url", settings.PROVIDER_URL as string]);
  expect(done).toMatchObject({ exitCode: 0, errors: "" });
};

beforeAll(async () => {
  build = await buildGateway();
  settings = {};
  const sandbox = build.run(
    "cli.js",
    {
      SANDBOX_PORT: "0",
      SANDBOX_STATE_FILE: ":memory:",
      // Nothing moves by itself.
      SANDBOX_REVIEW_MS: hourMs,
      SANDBOX_STEP_MS: hourMs,
      SANDBOX_WEBHOOK_URL: "http://127.0.0.1:9/elsewhere",
    },
    ["sandbox"],
  );
  settings = {
    ...(await readSandboxLines(sandbox)),
    PORT: "0",
    DATABASE_URL: `sqlite:${join(build.directory, "gateway.db")}`,
    RECONCILE_SECONDS: "86400",
  };
  const gateway = build.run("cli.js", settings, ["start"]);
  gatewayUrl = await gateway.printed(/GraphQL API\s+(http\S+)\/graphql/);
  settings.PUBLIC_URL = gatewayUrl;
  // Its port was not known when the sandbox started.
  expect(await run(["webhooks", "register", "--move"])).toMatchObject({ exitCode: 0 });
  client = new TestClient(gatewayUrl);
});
afterAll(async () => {
  await client?.stop();
  await build.remove();
});

const statusOf = async (id: string) =>
  (await client.run("query ($id: ID!) { customer(id: $id) { status } }", { id })).customer.status;

test("every command has help, and what is no command is a wrong usage", async () => {
  const help = await run(["--help"]);
  expect(help).toMatchObject({ exitCode: 0, errors: "" });
  const names = [...help.output.matchAll(/^ {2}([a-z][a-z-]*) /gm)].map(([, name = ""]) => name);
  for (const name of names.filter((each) => each !== "help")) {
    expect(await run([name, "--help"])).toMatchObject({
      exitCode: 0,
      output: expect.stringContaining(`Usage: payout-gateway ${name}`),
    });
  }
  for (const wrong of [
    [],
    ["explode"],
    ["keys"],
    ["webhooks", "explode"],
    ["tenants", "assign", "one"],
    ["start", "--fast"],
  ]) {
    expect(await run(wrong)).toMatchObject({ exitCode: 2, output: "", errors: expect.stringContaining("Usage") });
  }
});

test("a refusal is one line, or with --json one value, and exit code 1", async () => {
  expect(await run(["keys", "revoke", "nothing"])).toMatchObject({
    exitCode: 1,
    output: "",
    errors: "There is no such key that still counts.\n",
  });
  const refused = await run(["keys", "revoke", "nothing", "--json"]);
  expect(refused).toMatchObject({
    exitCode: 1,
    json: { error: "There is no such key that still counts." },
    errors: "",
  });
  // Keys can be made before the provider has shown its signing secret.
  expect(await run(["keys", "list"], { WEBHOOK_SIGNING_SECRET: "" })).toMatchObject({ exitCode: 0 });
  const misconfigured = await run(["keys", "list"], { PORT: "many" });
  expect(misconfigured).toMatchObject({ exitCode: 1, errors: expect.stringContaining("PORT: must be a whole number") });
});

test("the webhooks are moved here from elsewhere only where it is asked for, and then come", async () => {
  const elsewhere = { PUBLIC_URL: "http://127.0.0.1:9" };
  const seenFromElsewhere = await run(["webhooks", "show", "--json"], elsewhere);
  expect(seenFromElsewhere).toMatchObject({ exitCode: 1, json: { isRegistered: false } });
  const refused = await run(["webhooks", "register"], elsewhere);
  expect(refused).toMatchObject({ exitCode: 1, errors: expect.stringContaining(`${gatewayUrl}/webhooks`) });
  const notRotated = await run(["webhooks", "rotate"], elsewhere);
  expect(notRotated).toMatchObject({ exitCode: 1, errors: expect.stringContaining("--move") });
  expect(await run(["webhooks", "register", "--move"], elsewhere)).toMatchObject({ exitCode: 0 });
  expect(await run(["webhooks", "show"])).toMatchObject({ exitCode: 1 });
  const moved = await run(["webhooks", "register", "--move", "--json"]);
  expect(moved).toMatchObject({ exitCode: 0, json: { url: `${gatewayUrl}/webhooks`, isChanged: true } });
  expect(await run(["webhooks", "register", "--json"])).toMatchObject({ exitCode: 0, json: { isChanged: false } });
  const shown = await run(["webhooks", "show", "--json"]);
  expect(shown).toMatchObject({ exitCode: 0, json: { isRegistered: true, secrets: 1 } });

  const { customer } = await client.createCustomer();
  await trigger("customer", customer.id, "rejected", "--comment", "Not readable.");
  await eventually(async () => (await statusOf(customer.id)) === "REJECTED");
});

test("a new secret goes into a file of its owner's alone, before the former one, and is not printed", async () => {
  const secretFile = join(build.directory, "secret");
  const answer = (secret: string) => JSON.stringify({ message: "ok", data: { signing_secret: secret } });
  const { WEBHOOK_SIGNING_SECRET: _, ...withoutSecret } = settings;
  const registered = settings;
  settings = withoutSecret;
  try {
    await trigger("fault", "GET /webhook", "answer", "--status", "404", "--body", '{ "message": "none" }');
    await trigger("fault", "POST /webhook", "answer", "--status", "200", "--body", answer("first-secret"));
    const first = await run(["webhooks", "register"], { WEBHOOK_SIGNING_SECRET_FILE: secretFile });
    expect(first).toMatchObject({ exitCode: 0, output: expect.stringContaining(secretFile), errors: "" });
    await trigger("fault", "POST /webhook", "answer", "--status", "200", "--body", answer("second-secret"));
    const second = await run(["webhooks", "rotate"], { WEBHOOK_SIGNING_SECRET_FILE: secretFile });
    expect(second).toMatchObject({ exitCode: 0, errors: "" });
    expect(first.output + second.output).not.toMatch(/first-secret|second-secret/);
    expect(await readFile(secretFile, "utf8")).toBe("second-secret\nfirst-secret\n");
    expect((await stat(secretFile)).mode & 0o777).toBe(0o600);
    // Nothing is asked of the provider where its answer could not be kept.
    await trigger("fault", "POST /webhook", "answer", "--status", "200", "--body", answer("third-secret"));
    const lost = await run(["webhooks", "rotate", "--secret-file", "/nowhere/secret"]);
    expect(lost).toMatchObject({ exitCode: 1, errors: expect.stringContaining("/nowhere/secret") });
    const told = await run(["webhooks", "rotate"]);
    expect(told).toMatchObject({
      exitCode: 0,
      output: expect.stringContaining("WEBHOOK_SIGNING_SECRET=third-secret\n"),
    });
  } finally {
    settings = registered;
  }
});

test("time passes in the sandbox when it is told to, and any webhook can be sent", async () => {
  const { customer } = await client.createCustomer({ email: "a+pre-verified@example.com" });
  expect(await statusOf(customer.id)).toBe("PENDING");
  await trigger("clock", "3600");
  await eventually(async () => (await statusOf(customer.id)) === "VERIFIED");

  await trigger("webhook", '{ "type": "weather.changed", "event_id": "w-1" }');
  const [event] = await eventually(async () => {
    const { json } = await run(["webhooks", "parked", "--json"]);
    return json.length > 0 && json;
  });
  expect(event).toMatchObject({ type: "weather.changed" });
  expect(await run(["webhooks", "retry", event.id])).toMatchObject({ exitCode: 0, output: `Put back: ${event.id}\n` });

  const { payout } = await client.createPayout({ customerId: customer.id });
  const transactionOf = async () =>
    (await client.run("query ($id: ID!) { payout(id: $id) { transactionId status } }", { id: payout.id })).payout;
  const { transactionId } = await transactionOf();
  await trigger("payout", transactionId, "successful");
  await eventually(async () => (await transactionOf()).status === "SUCCESSFUL");
  expect(await run(["webhooks", "replay", payout.id, "--json"])).toMatchObject({
    exitCode: 0,
    json: { transactionId },
  });
  expect(await run(["webhooks", "replay", "nothing"])).toMatchObject({ exitCode: 1 });
  const noSandbox = await run(["sandbox", "trigger", "clock", "1", "--url", gatewayUrl]);
  expect(noSandbox).toMatchObject({ exitCode: 1 });
  expect(await run(["sandbox", "trigger", "clock", "soon"])).toMatchObject({ exitCode: 2 });
});

test("a payout whose answer was lost is listed until it is settled", async () => {
  const { customer } = await client.createCustomer({ email: "b+pre-verified@example.com" });
  await trigger("clock", "3600");
  await eventually(async () => (await statusOf(customer.id)) === "VERIFIED");
  await trigger("fault", "GET /transaction/{id}", "answer", "--status", "500", "--times", "1000");
  await trigger("fault", "POST /payout", "reset", "--when", "after");
  const { payout } = await client.createPayout({ customerId: customer.id });
  const { json } = await run(["payouts", "unconfirmed", "--json"]);
  expect(json).toMatchObject({
    total: 1,
    payouts: [{ id: payout.id, customerId: customer.id, amount: "5000.00 NGN" }],
  });
  await trigger("no-faults");
  await eventually(async () => (await run(["payouts", "unconfirmed"])).output === "There is none.\n");
});

test("a payout with a mismatch is listed until it is resolved as the transaction that it is", async () => {
  const { customer } = await client.createCustomer({ email: "e+pre-verified@example.com" });
  await trigger("clock", "3600");
  await eventually(async () => (await statusOf(customer.id)) === "VERIFIED");
  const { payout } = await client.createPayout({ customerId: customer.id });
  const event = {
    type: "payout",
    event_id: "mismatch-1",
    transaction_id: payout.transactionId,
    transaction_status: "SUCCESSFUL",
    transaction_amount: 50_000,
    transaction_currency: "NGN",
  };
  await trigger("webhook", JSON.stringify(event));
  const { payouts } = await eventually(async () => {
    const { json } = await run(["payouts", "mismatched", "--json"]);
    return json.total === 1 && json;
  });
  expect(payouts).toMatchObject([
    { id: payout.id, transactionId: payout.transactionId, mismatch: expect.stringContaining("50000 NGN was reported") },
  ]);
  const sent = ["--as", "sent", "--transaction", payout.transactionId, "--reason", "The webhook was wrong."];
  expect(await run(["payouts", "resolve", payout.id, ...sent, "--json"])).toMatchObject({
    exitCode: 0,
    json: { id: payout.id, transactionId: payout.transactionId },
  });
  expect((await run(["payouts", "mismatched"])).output).toBe("There is none.\n");
});

test("an account in use is taken over to its end, by a gateway that runs or by the command", async () => {
  const busy = await run(["sync"]);
  expect(busy).toMatchObject({ exitCode: 1, errors: expect.stringContaining("A running gateway does it") });
  const { customer } = await client.createCustomer({ email: "c+pre-verified@example.com" });
  await trigger("clock", "3600");
  await eventually(async () => (await statusOf(customer.id)) === "VERIFIED");
  await client.createPayout({ customerId: customer.id, idempotencyKey: "to be taken over" });
  const { customers, payouts } = await client.run(
    "{ customers { totalCount } payouts(first: 100) { nodes { transactionId } } }",
  );
  // What was never sent is not at the provider.
  const taken = payouts.nodes.filter(({ transactionId }: { transactionId: string | null }) => transactionId !== null);
  const expected = { customers: customers.totalCount, payouts: taken.length };
  expect(expected.customers * expected.payouts).toBeGreaterThan(0);

  const DATABASE_URL = `sqlite:${join(build.directory, "second.db")}`;
  expect(await run(["migrate", "--json"], { DATABASE_URL })).toMatchObject({
    exitCode: 0,
    json: { migrated: expect.arrayContaining(["001-first-tables"]) },
  });
  expect(await run(["migrate", "--json"], { DATABASE_URL })).toMatchObject({ json: { migrated: [] } });
  expect(await run(["sync", "--json"], { DATABASE_URL })).toMatchObject({ exitCode: 0, json: expected });
  expect(await run(["sync", "--json"], { DATABASE_URL })).toMatchObject({ json: { customers: 0, payouts: 0 } });
  expect(await run(["sync", "--again", "--json"], { DATABASE_URL })).toMatchObject({ json: expected });
  const { json: trail } = await run(["audit", "list", "--json"], { DATABASE_URL });
  const done = trail.filter(({ outcome }: { outcome: string }) => outcome === "DONE");
  expect(done.map(({ action }: { action: string }) => action)).toEqual([...Array(3).fill("importAccount"), "migrate"]);
});

// The last of them: while the faults last, its payout can neither be found nor be proven absent.
test("an operator resolves a payout by a command, and the decision is recorded", async () => {
  const { customer } = await client.createCustomer({ email: "d+pre-verified@example.com" });
  await trigger("clock", "3600");
  await eventually(async () => (await statusOf(customer.id)) === "VERIFIED");
  await trigger("fault", "GET /transaction/{id}", "answer", "--status", "500", "--times", "1000");
  await trigger("fault", "POST /payout", "reset", "--when", "before");
  const { payout } = await client.createPayout({ customerId: customer.id });
  const transactionId = "0198a000-0000-7000-8000-000000000000";
  const resolve = (...args: string[]) => run(["payouts", "resolve", payout.id, "--reason", "Seen nowhere.", ...args]);
  expect(await resolve("--as", "sent")).toMatchObject({ exitCode: 1, errors: "--transaction is required.\n" });
  expect(await resolve()).toMatchObject({ exitCode: 2, errors: expect.stringContaining("--as") });
  expect(await resolve("--as", "lost")).toMatchObject({
    exitCode: 2,
    errors: expect.stringContaining("sent, not-sent"),
  });
  const away = await resolve("--as", "sent", "--transaction", transactionId, "--json");
  expect(away).toMatchObject({ exitCode: 1, json: { error: expect.any(String) } });
  const decided = { id: payout.id, status: "FAILED", transactionId: null };
  expect(await resolve("--as", "not-sent", "--json")).toMatchObject({ exitCode: 0, json: decided, errors: "" });
  expect(await resolve("--as", "not-sent")).toMatchObject({ exitCode: 0, output: `${payout.id} is FAILED.\n` });
  const other = await resolve("--as", "sent", "--transaction", transactionId);
  expect(other).toMatchObject({ exitCode: 1, errors: expect.stringContaining("there is nothing to decide") });
  const { failureReason } = await client.payoutReaching(payout.id, "FAILED", "failureReason");
  expect(failureReason).toContain("Seen nowhere.");

  const { json: trail } = await run(["audit", "list", "--json"]);
  const acts = trail.filter(
    ({ action, outcome }: Record<string, string>) => action === "resolvePayout" && outcome !== "ATTEMPTED",
  );
  const outcomes = acts.map(({ outcome }: Record<string, string>) => outcome);
  expect(outcomes.slice(0, 4)).toEqual(["REFUSED", "DONE", "DONE", "FAILED"]);
  expect(JSON.stringify(acts[1])).toMatch(/NOT_SENT.*Seen nowhere/);
});

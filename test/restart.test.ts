import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startTestGateway } from "./support/start-test-gateway.js";
import { pngFile, statusChangeFields, type TestClient, toChangeSeen, unique } from "./support/test-client.js";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "payout-gateway-restart-"));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

/** The same gateway and the same provider each time, by their files; late enough that there is a middle to stop in. */
function start() {
  return startTestGateway({
    config: { databaseUrl: `sqlite:${join(directory, "gateway.db")}` },
    sandbox: { stateFile: join(directory, "sandbox.db"), reviewDelayMs: 400, payoutStepDelayMs: 400 },
  });
}

async function submitDocuments(client: TestClient, customerId: string): Promise<void> {
  const { data, errors } = await client.upload(
    "mutation ($input: SubmitDocumentsInput!) { submitDocuments(input: $input) { customer { status } } }",
    { input: { customerId, documents: [{ category: "IDENTITY", file: null }] } },
    { "variables.input.documents.0.file": pngFile() },
  );
  expect(errors).toBeUndefined();
  expect(data?.submitDocuments.customer.status).toBe("PROCESSING");
}

async function logAfter(client: TestClient, after: string) {
  const { statusChanges } = await client.run(
    `query ($after: Cursor) { statusChanges(after: $after) { ${statusChangeFields} } }`,
    { after },
  );
  return statusChanges.map(toChangeSeen);
}

test("a review and a payout that were under way end after a restart, each change logged once", async () => {
  const before = await start();
  const { statusCursor } = await before.client.run("{ statusCursor }");
  const { id: payer } = await before.client.verifiedCustomer();
  const { customer } = await before.client.createCustomer();
  await submitDocuments(before.client, customer.id);
  const idempotencyKey = unique("k");
  const { payout } = await before.client.createPayout({ customerId: payer, idempotencyKey });
  expect(payout.status).toBe("PENDING");
  const seen = await logAfter(before.client, statusCursor);
  await before.stop();

  const { client, provider } = await start();
  const following = client.follow({ after: statusCursor });
  const ends = new Set<string>();
  const isEnd = (id: string, to: string) =>
    (id === customer.id && to === "VERIFIED") || (id === payout.id && to === "SUCCESSFUL");
  const followed = await following.until(({ id, to }) => {
    if (isEnd(id, to)) ends.add(id);
    return ends.size === 2;
  });

  // The cursor from before the stop still works, and what had been seen is where it was.
  expect(followed.slice(0, seen.length)).toEqual(seen);
  expect(await logAfter(client, statusCursor)).toEqual(followed);
  expect(await logAfter(client, seen.at(-1).cursor)).toEqual(followed.slice(seen.length));
  const statusesOf = (id: string) => followed.filter((change) => change.id === id).map(({ to }) => to);
  expect(statusesOf(customer.id)).toEqual(["PENDING", "PROCESSING", "VERIFIED"]);
  expect(statusesOf(payer)).toEqual(["PENDING", "PROCESSING", "VERIFIED"]);
  expect(statusesOf(payout.id)).toEqual(["SUBMITTING", "PENDING", "PROCESSING", "SUCCESSFUL"]);
  expect(new Set(followed.map(({ cursor }) => cursor)).size).toBe(followed.length);

  const again = await client.createPayout({ customerId: payer, idempotencyKey });
  expect(again).toMatchObject({ payout: { id: payout.id, status: "SUCCESSFUL" }, replayed: true });
  expect(provider.transactions()).toHaveLength(1);
});

test("what was created before a restart is all there after it, and new entries go on behind it", async () => {
  const before = await start();
  const { customer } = await before.client.createCustomer({ lastName: "Before" });
  const { statusCursor } = await before.client.run("{ statusCursor }");
  await before.stop();

  const { client } = await start();
  expect(await client.run("{ statusCursor }")).toEqual({ statusCursor });
  const { customer: later } = await client.createCustomer();
  const { customers } = await client.run("{ customers { nodes { id } } }");
  expect(customers.nodes).toEqual([{ id: later.id }, { id: customer.id }]);
  expect(await logAfter(client, statusCursor)).toMatchObject([{ id: later.id, to: "PENDING" }]);
});

test("a refusal outlives a restart under its key", async () => {
  const before = await start();
  const { id: customerId } = await before.client.verifiedCustomer();
  const input = { customerId, idempotencyKey: unique("k"), note: "test-insufficient-funds" };
  const first = await before.client.createPayout(input);
  await before.stop();

  const { client, provider } = await start();
  expect(await client.createPayout(input)).toEqual({ ...first, replayed: true });
  expect(provider.received("POST /payout")).toHaveLength(0);
});

test("a cursor of another gateway's log is refused", async () => {
  const other = await startTestGateway();
  await other.client.createCustomer();
  const { statusCursor } = await other.client.run("{ statusCursor }");
  const { client } = await start();
  await client.createCustomer();
  const { errors } = await client.request("query ($after: Cursor) { statusChanges(after: $after) { cursor } }", {
    after: statusCursor,
  });
  expect(errors).toMatchObject([{ extensions: { code: "CURSOR_INVALID" } }]);
});

// A payment that is younger than the backup: its key is not in the restored database, but its reference is derived again.

import { copyFile } from "node:fs/promises";
import { startSandbox } from "../src/sandbox/sandbox.js";
import { knowing } from "./support/provider-and-nodes.js";
import { startTestGateway } from "./support/start-test-gateway.js";
import { unique } from "./support/test-client.js";
import { newSqliteUrl } from "./support/test-databases.js";

const note = "test-webhook-lost";

async function paidAfterBackup() {
  const url = await newSqliteUrl();
  const backupUrl = await newSqliteUrl();
  const provider = await startSandbox({
    port: 0,
    stateFile: ":memory:",
    reviewDelayMs: 50,
    payoutStepDelayMs: 3_600_000,
  });
  const start = async (databaseUrl: string) => {
    const node = await startTestGateway({ config: { databaseUrl, ...knowing(provider) } });
    provider.setWebhookUrl(`${node.gateway.url}/webhooks`);
    return node;
  };
  const before = await start(url);
  const { id: customerId } = await before.client.verifiedCustomer();
  await before.stop();
  await copyFile(url.slice("sqlite:".length), backupUrl.slice("sqlite:".length));
  const paying = await start(url);
  const input = { customerId, note, idempotencyKey: unique("key") };
  const { payout } = await paying.client.createPayout(input);
  expect(payout.status).toBe("PENDING");
  await paying.stop();
  return { provider, input, paid: payout, restored: await start(backupUrl) };
}

test("a key whose payment is younger than the restored backup pays nothing a second time", async () => {
  const { provider, input, paid, restored } = await paidAfterBackup();
  const { payout } = await restored.client.createPayout(input);
  const found = await restored.client.payoutReaching(payout.id, "PENDING", "transactionId");
  expect(found.transactionId).toBe(paid.transactionId);
  expect(provider.transactions()).toHaveLength(1);
  await provider.stop();
});

test("a key whose payment was imported before it is used again returns that payment", async () => {
  const { provider, input, paid, restored } = await paidAfterBackup();
  const { client } = restored;
  // As the import of the account, or a webhook, does.
  const { payoutByTransaction: imported } = await client.run(
    "query ($id: ID!) { payoutByTransaction(transactionId: $id) { id } }",
    { id: paid.transactionId },
  );
  const known = { id: imported.id, status: "PENDING", transactionId: paid.transactionId };
  expect(await client.createPayout(input)).toMatchObject({ payout: known, replayed: true, userErrors: [] });
  expect(await client.createPayout(input)).toMatchObject({ payout: known, replayed: true, userErrors: [] });
  const other = await client.createPayout({ ...input, amount: { send: "6000.00" } });
  expect(other).toMatchObject({ payout: null, userErrors: [{ code: "IDEMPOTENCY_KEY_REUSED" }] });
  expect(provider.received("POST /payout")).toHaveLength(1);
  await provider.stop();
});

test("a key that is used with another input than its imported payment is rejected", async () => {
  const { provider, input, paid, restored } = await paidAfterBackup();
  const { client } = restored;
  await client.run("query ($id: ID!) { payoutByTransaction(transactionId: $id) { id } }", { id: paid.transactionId });
  const other = await client.createPayout({ ...input, amount: { send: "6000.00" } });
  expect(other).toMatchObject({ payout: null, userErrors: [{ code: "IDEMPOTENCY_KEY_REUSED" }] });
  expect(await client.createPayout(input)).toMatchObject({
    payout: { transactionId: paid.transactionId },
    userErrors: [],
  });
  expect(provider.received("POST /payout")).toHaveLength(1);
  await provider.stop();
});

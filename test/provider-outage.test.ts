import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { jest } from "@jest/globals";
import { eventually } from "./support/eventually.js";
import { isLongRun } from "./support/long-tests.js";
import { knowing } from "./support/provider-and-nodes.js";
import { startSandboxClient, stopAll } from "./support/sandbox-client.js";
import { startTestGateway } from "./support/start-test-gateway.js";
import { faultsOf, readLog, statusesIn } from "./support/status-log.js";
import { customerInput, payoutInput, pngFile, unique } from "./support/test-client.js";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "outage-test-"));
});
afterEach(async () => {
  await stopAll();
  await rm(folder, { recursive: true, force: true });
});

// Attempts grow rarer while it lasts, and so does what finds out that it is over.
const outageMs = isLongRun ? 600_000 : 0;
jest.setTimeout(90_000 + 1.5 * outageMs);

const payMutation = `mutation ($input: CreatePayoutInput!) {
  createPayout(input: $input) { payout { id status merchantReference } replayed userErrors { code } }
}`;
const everything = `{
  customers { nodes { id status asOf payouts { nodes { id status asOf amount { amount } } } } }
  wallets { id asOf balance { amount currency } }
  currencies { code asOf }
}`;

/** Nothing of the provider works any more, until its faults are taken away. */
function breakDown(provider: { failNext(fault: object): void }, fault: object): void {
  provider.failNext({ route: "*", times: 1_000_000, ...fault });
}

async function repair(provider: { url: string }): Promise<void> {
  await fetch(`${provider.url}/_sandbox/faults`, { method: "DELETE" });
}

const patience = { absenceGapMs: 300 };
const config = { providerTimeoutMs: 1_500, reconcileMs: 300 };

const outages = {
  "answers nothing": { kind: "hang", when: "before" },
  "breaks each connection": { kind: "reset", when: "before" },
  "answers 503": { kind: "answer", status: 503 },
  "does all it is told and answers with a proxy's page": { kind: "answer", when: "after", status: 200, body: "<p>" },
};

async function liveThrough(fault: object): Promise<void> {
  const gateway = await startTestGateway({ config, patience, sandbox: { payoutStepDelayMs: 300 } });
  const { client, provider } = gateway;
  const { id: customerId } = await client.verifiedCustomer();
  const { payout: earlier } = await client.createPayout({ customerId });
  const before = await client.run(everything);

  breakDown(provider, fault);
  const inputs = Array.from({ length: 5 }, () => payoutInput({ customerId, idempotencyKey: unique("k") }));
  const answers = [];
  for (const input of inputs) answers.push(await client.request(payMutation, { input }));
  for (const { data, errors } of answers) {
    // Either it may have been sent, and is UNCONFIRMED, or it waits, or the caller is told that nothing was done.
    if (errors) expect(errors[0]?.extensions?.code).toMatch(/^(PROVIDER_UNAVAILABLE|RATE_LIMITED)$/);
    else expect(["UNCONFIRMED", "SUBMITTING"]).toContain(data?.createPayout.payout.status);
  }
  expect(answers[0]?.data?.createPayout.payout.status).toBe("UNCONFIRMED");

  const during = await client.run(everything);
  expect(during.customers.nodes[0].payouts.nodes).toHaveLength(1 + inputs.length);
  expect(during.currencies).toEqual(before.currencies);
  await new Promise((resolve) => setTimeout(resolve, outageMs));

  await repair(provider);
  await client.payoutReaching(earlier.id, "SUCCESSFUL");
  const ids = new Set<string>();
  for (const input of inputs) {
    const payout = await eventually(
      async () => (await client.request(payMutation, { input })).data?.createPayout.payout,
    );
    ids.add(payout.id);
    await client.payoutReaching(payout.id, "SUCCESSFUL");
  }
  expect(ids.size).toBe(inputs.length);
  const references = provider.transactions().map(({ merchantReference }) => merchantReference);
  expect(references).toHaveLength(1 + inputs.length);
  expect(new Set(references).size).toBe(references.length);
  expect(faultsOf(await readLog(client))).toEqual([]);
}

test("while the provider is down, in whatever way, reads go on, payouts wait, and all of it ends well", async () => {
  // Beside each other: most of it is waiting.
  const outcomes = Object.entries(outages).map(async ([name, fault]) => {
    await liveThrough(fault).catch((cause) => Promise.reject(new Error(`It ${name}: ${cause.message}`, { cause })));
  });
  await Promise.all(outcomes);
});

test("customers and documents are refused clearly while the provider is away, and can be made afterwards", async () => {
  const gateway = await startTestGateway({ config, patience });
  const { client, provider } = gateway;
  const { customer } = await client.createCustomer();
  breakDown(provider, { kind: "answer", status: 503 });
  const input = customerInput({ idempotencyKey: unique("k") });
  const create = () =>
    client.request(
      "mutation ($input: CreateCustomerInput!) { createCustomer(input: $input) { customer { id } userErrors { code } } }",
      { input },
    );
  const submit = () =>
    client.upload(
      `mutation ($input: SubmitDocumentsInput!) { submitDocuments(input: $input) { customer { id } userErrors { code } } }`,
      { input: { customerId: customer.id, documents: [{ category: "IDENTITY", file: null }] } },
      { "variables.input.documents.0.file": pngFile() },
    );
  for (const { errors } of [await create(), await submit()]) {
    expect(errors?.[0]?.extensions?.code).toMatch(/^(PROVIDER_UNAVAILABLE|RATE_LIMITED)$/);
  }
  await repair(provider);
  const made = await eventually(async () => (await create()).data?.createCustomer);
  expect(made.userErrors).toEqual([]);
  await eventually(async () => (await submit()).data?.submitDocuments?.customer);
  await eventually(async () => statusesIn(await readLog(client), customer.id).includes("VERIFIED"));
});

test("balances that cannot be asked for are those of before, and say of when they are", async () => {
  const { client, provider } = await startTestGateway({ config });
  const before = await client.run(everything);
  breakDown(provider, { kind: "answer", status: 503 });
  const later = Date.parse(before.wallets[0].asOf) + 3_200;
  await eventually(async () => Date.now() > later);
  const during = await client.run(everything);
  expect(during.wallets).toEqual(before.wallets);
  await repair(provider);
  await eventually(async () => Date.parse((await client.run(everything)).wallets[0].asOf) > later);
});

test("a gateway that is started while its provider is gone serves what it has, and goes on when it is back", async () => {
  const options = { stateFile: join(folder, "sandbox.db"), payoutStepDelayMs: 200 };
  const { sandbox: provider } = await startSandboxClient(options);
  const nodeConfig = { ...knowing(provider), ...config, databaseUrl: `sqlite:${join(folder, "gateway.db")}` };
  const first = await startTestGateway({ config: nodeConfig, patience });
  provider.setWebhookUrl(`${first.gateway.url}/webhooks`);
  const { id: customerId } = await first.client.verifiedCustomer();
  const { payout } = await first.client.createPayout({ customerId, note: "test-slow" });
  await first.stop();
  await provider.stop();

  const { client, gateway } = await startTestGateway({ config: nodeConfig, patience });
  const inputs = Array.from({ length: 3 }, () => payoutInput({ customerId, idempotencyKey: unique("k") }));
  for (const input of inputs) {
    const { data, errors } = await client.request(payMutation, { input });
    expect(data).toBeNull();
    expect(errors?.[0]?.extensions?.code).toMatch(/^(PROVIDER_UNAVAILABLE|RATE_LIMITED)$/);
  }
  const { payouts } = await client.run("{ payouts { nodes { id status } } }");
  expect(payouts.nodes.at(-1)).toMatchObject({ id: payout.id });

  const { sandbox: back } = await startSandboxClient({ ...options, port: Number(new URL(provider.url).port) });
  back.setWebhookUrl(`${gateway.url}/webhooks`);
  await client.payoutReaching(payout.id, "SUCCESSFUL");
  for (const input of inputs) {
    const made = await eventually(async () => (await client.request(payMutation, { input })).data?.createPayout);
    await client.payoutReaching(made.payout.id, "SUCCESSFUL");
  }
  expect(back.transactions()).toHaveLength(1 + inputs.length);
  expect(faultsOf(await readLog(client))).toEqual([]);
});

import { eventually } from "./support/eventually.js";
import { knowing } from "./support/provider-and-nodes.js";
import { startSandboxClient, stopAll } from "./support/sandbox-client.js";
import { startTestGateway } from "./support/start-test-gateway.js";
import { faultsOf, readLog, statusesIn } from "./support/status-log.js";
import { customerInput, payoutInput, pngFile, unique } from "./support/test-client.js";

afterEach(stopAll);

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
const config = { providerTimeoutMs: 300, reconcileMs: 300 };

test.each([
  ["answers nothing", { kind: "hang", when: "before" }],
  ["breaks each connection", { kind: "reset", when: "before" }],
  ["answers 503", { kind: "answer", status: 503 }],
  ["does all it is told and answers with a proxy's page", { kind: "answer", when: "after", status: 200, body: "<p>" }],
])("while the provider %s, reads go on, payouts wait, and all of it ends well", async (_name, fault) => {
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
  expect(during.customers.nodes[0].id).toBe(customerId);
  expect(during.customers.nodes[0].payouts.nodes).toHaveLength(1 + inputs.length);
  for (const [index, wallet] of during.wallets.entries()) expect(wallet.id).toBe(before.wallets[index].id);
  // What is old says so.
  await eventually(async () => Date.now() - Date.parse(before.wallets[0].asOf) > 3_200);
  const { wallets } = await client.run(everything);
  expect(wallets).toEqual(before.wallets);

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
  const after = await client.run("{ wallets { asOf } }");
  expect(Date.parse(after.wallets[0].asOf)).toBeGreaterThan(Date.parse(before.wallets[0].asOf));
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

test("a gateway that starts while its provider is gone serves what it has, and goes on when it is back", async () => {
  const state = await startSandboxClient({ payoutStepDelayMs: 200 });
  const gateway = await startTestGateway({ config: { ...knowing(state.sandbox), ...config }, patience });
  const { client } = gateway;
  state.sandbox.setWebhookUrl(`${gateway.gateway.url}/webhooks`);
  const { id: customerId } = await client.verifiedCustomer();
  const { payout } = await client.createPayout({ customerId, note: "test-webhook-lost" });
  const { port } = new URL(state.sandbox.url);
  const { clientId, clientSecret, signingSecret, apiKey } = state.sandbox;
  await state.sandbox.stop();

  const input = payoutInput({ customerId });
  const { data, errors } = await client.request(payMutation, { input });
  expect(data).toBeNull();
  expect(errors).toMatchObject([{ extensions: { code: "PROVIDER_UNAVAILABLE" } }]);
  const { payout: known } = await client.run("query ($id: ID!) { payout(id: $id) { id } }", { id: payout.id });
  expect(known).toEqual({ id: payout.id });

  // Another provider in its place, which knows nothing of what was: nothing is made up, nothing is sent again.
  const { sandbox: again } = await startSandboxClient({
    port: Number(port),
    clientId,
    clientSecret,
    signingSecret,
    apiKey,
  });
  await eventually(async () => again.received("GET /transaction/{id}").length > 0);
  expect(again.received("POST /payout")).toHaveLength(0);
  expect(["PENDING", "PROCESSING"]).toContain(statusesIn(await readLog(client), payout.id).at(-1));
});

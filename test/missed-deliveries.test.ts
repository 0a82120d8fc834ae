import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { eventually } from "./support/eventually.js";
import { knowing } from "./support/provider-and-nodes.js";
import { createCustomerAtProvider, moveCustomer, movePayout } from "./support/provider-calls.js";
import { startSandboxClient, stopAll } from "./support/sandbox-client.js";
import { startTestGateway, type TestGateway } from "./support/start-test-gateway.js";
import { faultsOf, readLog, statusesIn } from "./support/status-log.js";
import { unique } from "./support/test-client.js";

afterEach(stopAll);

async function recovered({ gateway }: TestGateway): Promise<number> {
  const { values } = await gateway.metrics.reconciliations.get();
  return values.find(({ labels }) => labels.kind === "delivery" && labels.found === "moved")?.value ?? 0;
}

/** Look-ups bring nothing: only the log of deliveries can tell. */
function refuseLookUps({ provider }: TestGateway): void {
  for (const route of ["GET /transaction/{id}", "GET /customer/{id}"]) {
    provider.failNext({ route, kind: "answer", status: 400, times: 100_000 });
  }
}

test("what the provider could not deliver is taken from its log, each event once", async () => {
  const gateway = await startTestGateway({ config: { reconcileMs: 150 }, sandbox: { payoutStepDelayMs: 100 } });
  const { client } = gateway;
  const { id: customerId } = await client.verifiedCustomer();
  refuseLookUps(gateway);
  const { payout } = await client.createPayout({ customerId, note: "test-webhook-lost" });
  await client.payoutReaching(payout.id, "SUCCESSFUL");
  const log = await readLog(client);
  expect(log.filter(({ id }) => id === payout.id).map(({ to, source }) => `${to} ${source}`)).toEqual([
    "SUBMITTING MUTATION",
    "PENDING MUTATION",
    "PROCESSING WEBHOOK",
    "SUCCESSFUL WEBHOOK",
  ]);
  expect(faultsOf(log)).toEqual([]);
  // The log is read on and on; what is in it stays one event.
  const readings = gateway.provider.received("GET /webhook-logs").length;
  await eventually(async () => gateway.provider.received("GET /webhook-logs").length >= readings + 3);
  expect(await recovered(gateway)).toBe(2);
  expect(await readLog(client)).toHaveLength(log.length);
});

test("a verdict that was not delivered is found, also of a customer that is not in review here", async () => {
  const gateway = await startTestGateway({ config: { reconcileMs: 150 } });
  const { client, provider } = gateway;
  const { customer } = await client.createCustomer({ email: `${unique("ada")}+webhook-lost@example.com` });
  await moveCustomer(provider, customer.id, "VERIFIED");
  await eventually(async () => statusesIn(await readLog(client), customer.id).includes("VERIFIED"));
  expect(await recovered(gateway)).toBe(1);
});

test("all of more failures than one reading takes are found, and newer ones after them", async () => {
  const { sandbox: provider } = await startSandboxClient({ webhookUrl: "http://127.0.0.1:9/webhooks" });
  for (let made = 0; made < 200; made += 1) {
    const email = `${unique("c")}+webhook-lost@example.com`;
    await moveCustomer(provider, await createCustomerAtProvider(provider, { email }), "VERIFIED");
  }
  const gateway = await startTestGateway({ config: { ...knowing(provider), reconcileMs: 150 } });
  const { client } = gateway;
  await eventually(async () => (await recovered(gateway)) === 200);
  const late = await client.createCustomer({ email: `${unique("late")}+webhook-lost@example.com` });
  await moveCustomer(provider, late.customer.id, "REJECTED");
  await eventually(async () => statusesIn(await readLog(client), late.customer.id).includes("REJECTED"));
  expect(faultsOf(await readLog(client))).toEqual([]);
});

test("what failed while no gateway was there is found at the next start", async () => {
  const { sandbox: provider } = await startSandboxClient({ retryScheduleMs: [], reviewDelayMs: 50 });
  // Takes nothing.
  const deaf = createServer((_request, response) => response.writeHead(503).end());
  await new Promise<void>((resolve) => deaf.listen(0, "127.0.0.1", resolve));
  provider.setWebhookUrl(`http://127.0.0.1:${(deaf.address() as AddressInfo).port}/webhooks`);
  const id = await createCustomerAtProvider(provider);
  await moveCustomer(provider, id, "VERIFIED");
  await eventually(async () => provider.sentWebhooks().length === 1);
  await new Promise((resolve) => deaf.close(resolve));

  const { client } = await startTestGateway({ config: { ...knowing(provider), reconcileMs: 150 } });
  await eventually(async () => statusesIn(await readLog(client), id).includes("VERIFIED"));
  expect(faultsOf(await readLog(client))).toEqual([]);
});

test("what somebody else answered in the gateway's place is found too, also a payout that was taken back", async () => {
  const gateway = await startTestGateway({ config: { reconcileMs: 150 }, sandbox: { payoutStepDelayMs: 100 } });
  const { client, provider } = gateway;
  const { id: customerId } = await client.verifiedCustomer();
  const { payout } = await client.createPayout({ customerId });
  await client.payoutReaching(payout.id, "SUCCESSFUL");
  const swallower = createServer((_request, response) => response.writeHead(200).end());
  await new Promise<void>((resolve) => swallower.listen(0, "127.0.0.1", resolve));
  provider.setWebhookUrl(`http://127.0.0.1:${(swallower.address() as AddressInfo).port}/webhooks`);
  await movePayout(provider, payout.transactionId, "FAILED");
  await moveCustomer(provider, customerId, "PENDING");
  await client.payoutReaching(payout.id, "FAILED");
  await eventually(async () => statusesIn(await readLog(client), customerId).at(-1) === "PENDING");
  expect(await recovered(gateway)).toBe(2);
  await new Promise((resolve) => swallower.close(resolve));
});

import {
  at,
  control,
  createVerifiedCustomer,
  ngnPayout,
  type SandboxClient,
  startSandboxClient,
  startWebhookReceiver,
  stopAll,
} from "./support/sandbox-client.js";

afterEach(stopAll);

async function pay(client: SandboxClient, note = "Invoice"): Promise<string> {
  const customerId = await createVerifiedCustomer(client);
  const { body } = await client.call("POST", "/payout", ngnPayout(customerId, { note }));
  return at(body, "transaction.id");
}

async function listed({ call }: SandboxClient, filter: Record<string, unknown> = {}): Promise<string[]> {
  const { body } = await call("POST", "/transaction", { type: "SEND_MONEY", ...filter });
  return (body as { data: { status: string }[] }).data.map(({ status }) => status);
}

test("reads show the status of some time ago, while the webhook does not wait", async () => {
  const receiver = await startWebhookReceiver();
  const client = await startSandboxClient({ webhookUrl: receiver.url, payoutStepDelayMs: 3_600_000 });
  const id = await pay(client);
  await control(client, "/reads", { lag_ms: 3_600_000 });
  await control(client, `/transactions/${id}/status`, { status: "FAILED" });
  await receiver.wait(1, ({ body }) => body.transaction_status === "FAILED");
  const statusOf = async () => at((await client.call("GET", `/transaction/${id}`)).body, "data.status");
  expect(await statusOf()).toBe("PENDING");
  expect([await listed(client), await listed(client, { status: "FAILED" })]).toEqual([["PENDING"], []]);
  await control(client, "/reads", { lag_ms: 0 });
  expect(await statusOf()).toBe("FAILED");
  expect(await listed(client, { status: "FAILED" })).toEqual(["FAILED"]);
});

test("a payout under way is neither found nor listed for as long as it is hidden", async () => {
  const client = await startSandboxClient({ payoutStepDelayMs: 3_600_000, hiddenMs: 3_600_000 });
  const id = await pay(client);
  expect((await client.call("GET", `/transaction/${id}`)).status).toBe(404);
  expect(await listed(client)).toEqual([]);
  await control(client, `/transactions/${id}/status`, { status: "SUCCESSFUL" });
  expect((await client.call("GET", `/transaction/${id}`)).status).toBe(200);
  expect(await listed(client)).toEqual(["SUCCESSFUL"]);
});

test("mixed shapes are the same for the same seed, and end", async () => {
  const client = await startSandboxClient({ payoutStepDelayMs: 3_600_000 });
  const id = await pay(client);
  const read = async () => (await client.call("GET", `/transaction/${id}`)).text;
  const documented = await read();
  const answers = async () => {
    expect(await control(client, "/shapes", { mixed: true, seed: 7 })).toBe(200);
    return [await read(), await read(), await read()];
  };
  const first = await answers();
  expect(first).toEqual(await answers());
  expect(new Set([...first, documented]).size).toBeGreaterThan(2);
  await control(client, "/shapes", { mixed: false });
  expect(await read()).toBe(documented);
});

import { createHmac } from "node:crypto";
import {
  at,
  createCustomer,
  ngnPayout,
  startSandboxClient,
  startWebhookReceiver,
  stopAll,
  uploadFile,
  wallets,
} from "./support/sandbox-client.js";

afterEach(stopAll);

test("a customer becomes verified by its identity file, and the webhook carries the time that a read shows", async () => {
  const receiver = await startWebhookReceiver();
  const client = await startSandboxClient({ webhookUrl: receiver.url, reviewDelayMs: 1500 });
  const id = await createCustomer(client);
  const created = await client.call("GET", `/customer/${id}`);
  expect(created.body).toMatchObject({ data: { verification_status: "PENDING", first_name: "Ada" } });

  const fileId = await uploadFile(client, id);
  const attached = await client.call("POST", `/customer/${id}/files`, { id_file: fileId });
  expect(attached).toMatchObject({ status: 200, body: { message: "Customer files uploaded successfully" } });
  const processing = await client.call("GET", `/customer/${id}`);
  expect(at(processing.body, "data.verification_status")).toBe("PROCESSING");

  const [delivery] = await receiver.wait(1);
  expect(delivery?.body).toMatchObject({
    event_type: "customer.status_changed",
    type: "customer",
    customer_id: id,
    old_status: "PROCESSING",
    new_status: "VERIFIED",
    comment: null,
  });
  const verified = await client.call("GET", `/customer/${id}`);
  expect(at(verified.body, "data.verification_status")).toBe("VERIFIED");
  const changedAt = at(delivery?.body, "updated_at");
  expect(changedAt).toMatch(/\.\d{3}Z$/);
  expect(at(verified.body, "data.updated_at")).toBe(changedAt.replace("Z", "000Z"));
  const times = [created, processing, verified].map(({ body }) => at(body, "data.updated_at"));
  expect(new Set(times).size).toBe(3);
  expect([...times].sort()).toEqual(times);
  expect(receiver.deliveries).toHaveLength(1);
});

test("a payout is PENDING, then PROCESSING, then SUCCESSFUL, each told by a signed webhook in that order", async () => {
  const receiver = await startWebhookReceiver();
  const client = await startSandboxClient({ webhookUrl: receiver.url });
  const customerId = await createCustomer(client, "ada+pre-verified@example.com");
  await receiver.wait(1);
  const paid = await client.call("POST", "/payout", ngnPayout(customerId, { merchant_reference: "order-1" }));
  expect(paid.status).toBe(200);
  expect(paid.body).toMatchObject({
    message: "Payout Initiated Successfully.",
    transaction: {
      business_customer_id: customerId,
      business_wallet_id: wallets.NGN,
      status: "PENDING",
      merchant_reference: "order-1",
      currency: "NGN",
      amount: 5000,
      amount_without_fee: 4950,
      fee: 50,
      rate: 1,
      recipient: { account_number: "0222500691", account_name: "Ada Obi", amount: 4950, bank_name: "Zenith Bank" },
    },
  });
  const id = at(paid.body, "transaction.id");
  const reference = at(paid.body, "transaction.reference");
  const events = await receiver.wait(2, ({ body }) => body.transaction_id === id);
  expect(events.map(({ body }) => [body.type, body.transaction_status])).toEqual([
    ["payout", "PROCESSING"],
    ["payout", "SUCCESSFUL"],
  ]);
  expect(events[1]?.body).toMatchObject({ merchant_reference: "order-1", transaction_reference: reference });
  for (const { headers, rawBody } of events) {
    expect(headers["user-agent"]).toBe("Blaaiz");
    expect(Math.abs(Number(headers["x-blaaiz-timestamp"]) - Date.now() / 1000)).toBeLessThan(60);
    const signed = `${headers["x-blaaiz-timestamp"]}.${rawBody}`;
    expect(headers["x-blaaiz-signature"]).toBe(
      createHmac("sha256", client.sandbox.signingSecret).update(signed).digest("hex"),
    );
  }
  for (const key of [id, reference, "order-1"]) {
    const read = await client.call("GET", `/transaction/${key}`);
    expect(read.body).toMatchObject({ data: { id, status: "SUCCESSFUL", type: "payout", rate: null } });
  }
  expect(client.sandbox.transactions()).toMatchObject([{ id, status: "SUCCESSFUL", amount: "5000", fee: "50" }]);
});

test("an Interac payout announces its question and answer, first and last event under one id", async () => {
  const receiver = await startWebhookReceiver();
  const client = await startSandboxClient({ webhookUrl: receiver.url });
  const customerId = await createCustomer(client, "ada+pre-verified@example.com");
  await receiver.wait(1);
  await client.call("POST", "/payout", {
    wallet_id: wallets.CAD,
    customer_id: customerId,
    method: "interac",
    from_currency_id: "CAD",
    to_currency_id: "CAD",
    from_amount: 20,
    email: "jane.roe@example.com",
    interac_first_name: "Jane",
    interac_last_name: "Roe",
  });
  const events = await receiver.wait(3, ({ body }) => body.type !== "customer");
  expect(events.map(({ body }) => [body.type, body.transaction_status])).toEqual([
    ["payout_initiated", "PENDING"],
    ["payout", "PROCESSING"],
    ["payout", "SUCCESSFUL"],
  ]);
  const [first, second, last] = events.map(({ body }) => body);
  expect(first?.extras).toEqual({
    interac_instruction: { question: expect.any(String), answer: expect.any(Number) },
  });
  expect(last?.extras).toEqual(first?.extras);
  expect(last?.event_id).toBe(first?.event_id);
  expect(second?.event_id).not.toBe(first?.event_id);
  expect(last?.interac_reference).toMatch(/^CA\d{9}$/);
  expect(last?.recipient).toEqual({ account_number: null, account_name: "Jane Roe", bank_name: null, amount: 19.6 });
});

test("a webhook's bytes are escaped as PHP writes them, and a body encoded anew would not match its signature", async () => {
  const receiver = await startWebhookReceiver();
  const client = await startSandboxClient({ webhookUrl: receiver.url });
  const customerId = await createCustomer(client, "ada+pre-verified@example.com");
  await receiver.wait(1);
  await client.call("POST", "/payout", {
    wallet_id: wallets.CAD,
    customer_id: customerId,
    method: "interac",
    from_currency_id: "CAD",
    to_currency_id: "CAD",
    from_amount: 20,
    email: "rene@example.com",
    interac_first_name: "René",
    interac_last_name: "Du/bois",
  });
  const [event] = await receiver.wait(1, ({ body }) => body.type === "payout");
  expect(event?.rawBody).toContain("Ren\\u00e9 Du\\/bois");
  expect(event?.body.recipient).toMatchObject({ account_name: "René Du/bois" });
});

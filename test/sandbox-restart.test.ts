import { copyFileSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import {
  at,
  control,
  createCustomer,
  createVerifiedCustomer,
  ngnPayout,
  startSandboxClient,
  startWebhookReceiver,
  stopAll,
  uploadFile,
  wallets,
} from "./support/sandbox-client.js";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sandbox-"));
});
afterEach(async () => {
  await stopAll();
  rmSync(folder, { recursive: true });
});

test("after a restart everything is as it was, and what fell due meanwhile happens at once", async () => {
  const receiver = await startWebhookReceiver();
  const stateFile = join(folder, "state", "sandbox.db");
  const delayMs = 1500;
  const slow = { reviewDelayMs: delayMs, payoutStepDelayMs: delayMs, stateFile, webhookUrl: receiver.url };
  const before = await startSandboxClient(slow);
  const token = await fetch(`${before.sandbox.url}/oauth/token`, {
    method: "POST",
    body: new URLSearchParams({
      grant_type: "client_credentials",
      client_id: before.sandbox.clientId,
      client_secret: before.sandbox.clientSecret,
      scope: "wallet:read",
    }),
  });
  const { access_token: accessToken } = (await token.json()) as { access_token: string };
  const verified = await createVerifiedCustomer(before);
  const reviewed = await createCustomer(before);
  const fileId = await uploadFile(before, reviewed);
  await before.call("POST", `/customer/${reviewed}/files`, { id_file: fileId });
  await before.call("POST", "/payout", ngnPayout(verified, { merchant_reference: "order-1" }));
  const dueAt = Date.now() + delayMs;
  await receiver.wait(1);
  await before.sandbox.stop();
  await sleep(dueAt - Date.now());

  const after = await startSandboxClient({ ...slow, payoutStepDelayMs: 20, reviewDelayMs: 60_000 });
  const events = (await receiver.wait(4)).slice(1);
  expect(new Set(events.map(({ body }) => body.new_status ?? body.transaction_status))).toEqual(
    new Set(["VERIFIED", "PROCESSING", "SUCCESSFUL"]),
  );
  for (const name of ["clientId", "clientSecret", "apiKey", "signingSecret"] as const) {
    expect(after.sandbox[name]).toBe(before.sandbox[name]);
  }
  const wallet = await fetch(`${after.sandbox.url}/api/external/wallet/${wallets.NGN}`, {
    headers: { authorization: `Bearer ${accessToken}` },
  });
  expect(await wallet.text()).toContain('"amount":999999999999995000.5');
  expect(after.sandbox.storedObject(fileId)).toEqual({
    size: 9,
    sha256: expect.any(String),
    contentType: "image/png",
  });
  expect(after.sandbox.transactions()).toMatchObject([{ merchantReference: "order-1", status: "SUCCESSFUL" }]);
  const used = await after.call("POST", "/payout", ngnPayout(verified, { merchant_reference: "order-1" }));
  expect(used.status).toBe(422);
});

test("a delivery that was not taken is made again after a restart", async () => {
  const receiver = await startWebhookReceiver();
  receiver.answerWith(500);
  const options = {
    stateFile: join(folder, "sandbox.db"),
    webhookUrl: receiver.url,
    retryScheduleMs: [50, 50, 50, 50],
  };
  const before = await startSandboxClient(options);
  const id = await createVerifiedCustomer(before);
  await receiver.wait(1);
  await before.sandbox.stop();
  receiver.answerWith(200);
  await startSandboxClient(options);
  const deliveries = await receiver.wait(2);
  expect(deliveries.at(-1)?.body).toMatchObject({ customer_id: id, new_status: "VERIFIED" });
});

test("what a kill in mid-work leaves on the disk is whole, and work goes on from it", async () => {
  const receiver = await startWebhookReceiver();
  const stateFile = join(folder, "sandbox.db");
  const alive = await startSandboxClient({ stateFile, payoutStepDelayMs: 60_000 });
  const customerId = await createVerifiedCustomer(alive);
  const paid = await alive.call("POST", "/payout", ngnPayout(customerId));
  // The files as they are now, with the owner still at work, are what a killed process would leave.
  const left = join(folder, "left.db");
  for (const suffix of ["", "-wal"])
    if (existsSync(stateFile + suffix)) copyFileSync(stateFile + suffix, left + suffix);

  const revived = await startSandboxClient({ stateFile: left, webhookUrl: receiver.url });
  const id = at(paid.body, "transaction.id");
  expect((await revived.call("GET", `/transaction/${id}`)).body).toMatchObject({ data: { status: "PENDING" } });
  expect(await control(revived, `/transactions/${id}/status`, { status: "SUCCESSFUL" })).toBe(200);
  const [event] = await receiver.wait(1);
  expect(event?.body).toMatchObject({ transaction_id: id, transaction_status: "SUCCESSFUL" });
});

test("URLs registered over the API outlive a restart with another start option", async () => {
  const stateFile = join(folder, "sandbox.db");
  const before = await startSandboxClient({ stateFile, webhookUrl: "http://127.0.0.1:9/first" });
  const urls = { payout_url: "https://gateway.example/p", collection_url: "https://gateway.example/c" };
  await before.call("POST", "/webhook", urls);
  await before.sandbox.stop();
  const after = await startSandboxClient({ stateFile, webhookUrl: "http://127.0.0.1:9/second" });
  expect((await after.call("GET", "/webhook")).body).toMatchObject(urls);
});

import { readdirSync, readFileSync } from "node:fs";
import type { Config } from "../src/config.js";
import type { Database } from "../src/store/database.js";
import { countEvents, type InboxRow } from "../src/store/inbox.queries.js";
import { logAfter } from "../src/store/status-log.queries.js";
import { everything } from "../src/store/visibility.js";
import { eventually } from "./support/eventually.js";
import { createCustomerAtProvider } from "./support/provider-calls.js";
import { deliver } from "./support/signed-webhooks.js";
import { startTestGateway, type TestGateway } from "./support/start-test-gateway.js";
import { startStubProvider } from "./support/stub-provider.js";
import { unique, wallets } from "./support/test-client.js";
import { forEachDatabase, newSqliteUrl, openTestDatabase, sharedKinds } from "./support/test-databases.js";

const secret = "whsec_test_0123456789abcdef";
const payloads = new URL("./fixtures/webhooks/payloads/", import.meta.url);
const api = "/api/external";
const notFound = { message: "Transaction not found" };

type Fields = Record<string, unknown>;

interface Receiving extends TestGateway {
  secret: string;
  database: Database;
  inbox(): Promise<InboxRow[]>;
  /** Once every event that came is settled. */
  settled(): Promise<InboxRow[]>;
  /** Delivers the events, one after the other, and waits until they are settled. */
  take(...events: unknown[]): Promise<InboxRow[]>;
  metric(line: string): Promise<number>;
}

async function startReceiving(
  options: { config?: Partial<Config>; sandbox?: Fields; databaseUrl?: string } = {},
): Promise<Receiving> {
  const databaseUrl = options.databaseUrl ?? (await newSqliteUrl());
  const database = await openTestDatabase(databaseUrl);
  const running = await startTestGateway({
    config: { ...options.config, databaseUrl },
    // Payouts at the simulated provider stand still unless a test moves them.
    sandbox: { signingSecret: secret, payoutStepDelayMs: 3_600_000, ...options.sandbox },
  });
  const inbox = () => database.db.selectFrom("inbox").selectAll().orderBy("id").execute();
  const settled = () => eventually(async () => (await countEvents(database.db, "RECEIVED")) === 0 && inbox());
  return {
    ...running,
    secret,
    database,
    inbox,
    settled,
    take: async (...events) => {
      for (const event of events) expect((await deliver({ ...running, secret }, event)).status).toBe(200);
      return settled();
    },
    metric: async (line) => {
      const text = await (await fetch(`${running.gateway.url}/metrics`)).text();
      const found = text.split("\n").find((row) => row.startsWith(`${line} `));
      return found ? Number(found.slice(line.length)) : 0;
    },
  };
}

function payoutEvent(transactionId: string, status: string, fields: Fields = {}): Fields {
  return {
    type: status === "PENDING" ? "payout_initiated" : "payout",
    event_id: unique("event"),
    transaction_id: transactionId,
    transaction_status: status,
    ...fields,
  };
}

function customerEvent(customerId: string, status: string, updatedAt: string | null, fields: Fields = {}): Fields {
  return {
    event_type: "customer.status_changed",
    type: "customer",
    event_id: unique("event"),
    customer_id: customerId,
    new_status: status,
    updated_at: updatedAt,
    ...fields,
  };
}

/** The gateway is told nothing of it: what it receives is what the test delivers. */
async function verifiedAtProvider({ provider }: TestGateway): Promise<string> {
  const id = await createCustomerAtProvider(provider, { email: "ada+webhook-lost@example.com" });
  await steer(provider, `customers/${id}`, "VERIFIED");
  return id;
}

async function steer(provider: { url: string }, subject: string, status: string): Promise<void> {
  const response = await fetch(`${provider.url}/_sandbox/${subject}/status`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ status }),
  });
  if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
}

/** A payout that the gateway has never heard of; answers its transaction id. */
async function payAtProvider({ provider }: TestGateway, customerId: string, fields: Fields = {}): Promise<string> {
  const response = await fetch(`${provider.url}${api}/payout`, {
    method: "POST",
    headers: { "x-blaaiz-api-key": provider.apiKey, "content-type": "application/json" },
    body: JSON.stringify({
      wallet_id: wallets.NGN,
      customer_id: customerId,
      method: "bank_transfer",
      from_currency_id: "NGN",
      to_currency_id: "NGN",
      from_amount: 5000,
      bank_id: "2",
      account_number: "0222500691",
      note: "test-webhook-lost",
      ...fields,
    }),
  });
  if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
  return provider.transactions().at(-1)!.id;
}

async function payoutSeen({ client }: TestGateway, transactionId: string) {
  const { payoutByTransaction } = await client.run(
    `query ($id: ID!) { payoutByTransaction(transactionId: $id) {
      id status failureReason merchantReference interacInstruction { question answer } customer { id }
      amount { amount currency } fee { amount currency } recipient { accountName }
      statusChanges { source reason ... on PayoutStatusChange { from to } }
    } }`,
    { id: transactionId },
  );
  return payoutByTransaction;
}

async function customerSeen({ client }: TestGateway, id: string) {
  const { customer } = await client.run(
    `query ($id: ID!) { customer(id: $id) {
      id status email statusChanges { source reason ... on CustomerStatusChange { from to } }
    } }`,
    { id },
  );
  return customer;
}

function toOf(changes: { to: string }[]): string[] {
  return changes.map(({ to }) => to);
}

describe("each payload of the provider's documentation", () => {
  const outcomes: Record<string, string> = {
    "customer.created.json": "PENDING",
    "customer.pending.scope-upgrade.business.json": "PENDING",
    "customer.processing.business.json": "PROCESSING",
    "customer.rejected.business.json": "REJECTED",
    "customer.rejected.json": "REJECTED",
    "customer.verified.business.json": "VERIFIED",
    "customer.verified.json": "VERIFIED",
    "payout.cad.same-event-id-pair.1.json": "PENDING",
    "payout.cad.same-event-id-pair.2.json": "SUCCESSFUL",
    "payout.completed.cad.json": "SUCCESSFUL",
    "payout.completed.enveloped-alternate.json": "SUCCESSFUL",
    "payout.completed.eur.json": "SUCCESSFUL",
    "payout.completed.gbp.json": "SUCCESSFUL",
    "payout.completed.mobile-money-kes.json": "SUCCESSFUL",
    "payout.completed.mobile-money-xof.json": "SUCCESSFUL",
    "payout.completed.ngn.json": "SUCCESSFUL",
    "payout.completed.usd.json": "SUCCESSFUL",
    "payout.failed.cad.json": "FAILED",
    "payout.failed.eur.json": "FAILED",
    "payout.failed.gbp.json": "FAILED",
    "payout.failed.ngn.json": "FAILED",
    "payout.failed.usd.json": "FAILED",
    "payout.initiated.cad.json": "PENDING",
    "payout.initiated.eur.json": "PENDING",
    "payout.initiated.gbp.json": "PENDING",
    "payout.initiated.ngn.json": "PENDING",
    "payout.initiated.usd.json": "PENDING",
    "payout.processing.ngn.json": "PROCESSING",
    "payout.reversed.gbp.json": "FAILED",
  };

  test("moves what it is about, or is kept and ignored where it is none of the gateway's", async () => {
    const provider = await startStubProvider();
    const receiving = await startReceiving({
      config: { provider: { url: provider.url, credentials: { apiKey: "k" } }, webhookSecrets: [secret] },
    });
    const ours = new Map<string, { id: string; kind: string; text: string }>();
    const others = [];
    for (const name of readdirSync(payloads).sort()) {
      // Each payload is about a payout or a customer of its own, so that none depends on another.
      const marked = readFileSync(new URL(name, payloads), "utf8")
        .replaceAll(/"(transaction_id|transaction_reference|merchant_reference)":\s*"[^"]+"/g, `"$1": "${name}/$1"`)
        .replaceAll(/"event_id":\s*"[^"]+"/g, `"event_id": "event of ${name}"`);
      const isCustomer = name.startsWith("customer.");
      const text = isCustomer ? marked.replace(/"customer_id":\s*"[^"]+"/, `"customer_id": "${name}"`) : marked;
      if (!(name in outcomes)) {
        others.push(text);
        continue;
      }
      const id = isCustomer ? name : `${name}/transaction_id`;
      ours.set(name, { id, kind: isCustomer ? "customer" : "payout", text });
      const route = isCustomer ? "customer" : "transaction";
      provider.answer(`GET ${api}/${route}/${encodeURIComponent(id)}`, {
        body: isCustomer ? customerAnswer(id) : transactionAnswer(name, /"customer_id":\s*"([^"]+)"/.exec(text)?.[1]),
      });
    }
    for (const id of ["5f0c1d7e-2b44-4b61-8a3c-7d1e9b2f4c10", "0190a6da-34a9-7033-81b9-12489e0f13e2"]) {
      provider.answer(`GET ${api}/customer/${id}`, { body: customerAnswer(id) });
    }
    expect([...ours.keys()]).toEqual(Object.keys(outcomes).sort());

    const rows = await receiving.take(...[...ours.values()].map(({ text }) => text), ...others);
    expect(rows.filter(({ state }) => state === "PARKED")).toEqual([]);
    expect(rows.filter(({ state }) => state === "APPLIED")).toHaveLength(ours.size);
    expect(rows.filter(({ state }) => state === "IGNORED")).toHaveLength(others.length);
    expect(await receiving.metric('payout_gateway_inbox_events_total{outcome="applied"}')).toBe(ours.size);
    expect(await receiving.metric('payout_gateway_inbox_events_total{outcome="ignored"}')).toBe(others.length);
    for (const [name, { id, kind }] of ours) {
      const seen = kind === "customer" ? await customerSeen(receiving, id) : await payoutSeen(receiving, id);
      const end = outcomes[name];
      expect([name, seen.status, toOf(seen.statusChanges)]).toEqual([
        name,
        end,
        end === "PENDING" ? ["PENDING"] : ["PENDING", end],
      ]);
    }
    const interac = await payoutSeen(receiving, "payout.initiated.cad.json/transaction_id");
    expect(interac).toMatchObject({
      interacInstruction: { question: "What is the PIN?", answer: "1234" },
      amount: { amount: "20.00", currency: "CAD" },
      fee: { amount: "0.40", currency: "CAD" },
    });
  });
});

function customerAnswer(id: string): Fields {
  return {
    data: {
      id,
      type: "individual",
      first_name: "Ada",
      last_name: "Obi",
      email: "ada.obi@example.com",
      country: "NG",
      verification_status: "PENDING",
      created_at: "2026-03-13T10:30:00.000000Z",
      updated_at: "2026-03-13T10:30:00.000000Z",
    },
  };
}

function transactionAnswer(name: string, customerId = "5f0c1d7e-2b44-4b61-8a3c-7d1e9b2f4c10"): Fields {
  return {
    data: {
      id: `${name}/transaction_id`,
      business_customer_id: customerId,
      status: "PENDING",
      type: "payout",
      reference: `${name}/transaction_reference`,
      merchant_reference: `${name}/merchant_reference`,
      date: "2026-03-13T14:20:17.000000Z",
    },
  };
}

describe("an event that nobody can read", () => {
  test("is answered 200, parked with its reason, counted, and holds up nothing", async () => {
    const receiving = await startReceiving();
    const customerId = await verifiedAtProvider(receiving);
    const transactionId = await payAtProvider(receiving, customerId);
    const unreadable = [
      "{ not json",
      JSON.stringify({ type: "subscription.renewed", event_id: unique("event") }),
      JSON.stringify(payoutEvent(transactionId, "LEVITATING")),
      JSON.stringify(payoutEvent(transactionId, "SUCCESSFUL", { transaction_id: null })),
      JSON.stringify(customerEvent(customerId, "VERIFIED", null, { new_status: ["VERIFIED"] })),
    ];
    const last = payoutEvent(transactionId, "PROCESSING");
    const rows = await receiving.take(...unreadable, last);
    expect(rows.map(({ state }) => state)).toEqual([...unreadable.map(() => "PARKED"), "APPLIED"]);
    expect(rows.map(({ reason }) => reason).slice(0, -1)).toEqual([
      "The body is not a JSON object in UTF-8.",
      'The event type "subscription.renewed" is not known.',
      `The payout status "LEVITATING" of transaction ${transactionId} is not known.`,
      'The payout event "payout" has no transaction id and no reference.',
      `The event about customer ${customerId} has no status.`,
    ]);
    expect(rows[0]?.raw_body).toBe("{ not json");
    expect(await receiving.metric('payout_gateway_inbox_events_total{outcome="parked"}')).toBe(unreadable.length);
    expect(await payoutSeen(receiving, transactionId)).toMatchObject({ status: "PROCESSING" });
  });
});

describe("events out of order", () => {
  test("a late start keeps a payout's end, and still tells how to fetch the Interac transfer", async () => {
    const receiving = await startReceiving();
    const customerId = await verifiedAtProvider(receiving);
    const transactionId = await payAtProvider(receiving, customerId);
    const extras = { interac_instruction: { question: "What is the PIN?", answer: 1234 } };
    await receiving.take(
      payoutEvent(transactionId, "SUCCESSFUL"),
      payoutEvent(transactionId, "PENDING", { extras }),
      payoutEvent(transactionId, "PROCESSING"),
    );
    const seen = await payoutSeen(receiving, transactionId);
    expect(seen).toMatchObject({
      status: "SUCCESSFUL",
      interacInstruction: { question: "What is the PIN?", answer: "1234" },
    });
    expect(toOf(seen.statusChanges)).toEqual(["PENDING", "SUCCESSFUL"]);
  });

  test("an older status of a customer changes nothing", async () => {
    const receiving = await startReceiving();
    const id = await createCustomerAtProvider(receiving.provider);
    const inAnHour = Date.now() + 3_600_000;
    const at = (offsetMs: number) => new Date(inAnHour + offsetMs).toISOString();
    await receiving.take(
      customerEvent(id, "REJECTED", at(20), { comment: "Identity document is expired." }),
      customerEvent(id, "PROCESSING", at(10)),
      customerEvent(id, "REJECTED", at(20), { comment: "Identity document is expired." }),
    );
    const seen = await customerSeen(receiving, id);
    expect(seen.status).toBe("REJECTED");
    expect(seen.statusChanges).toEqual([
      expect.objectContaining({ from: null, to: "PENDING" }),
      { from: "PENDING", to: "REJECTED", source: "WEBHOOK", reason: "Identity document is expired." },
    ]);
  });
});

describe("two finals that disagree", () => {
  async function endedSuccessfully(receiving: Receiving): Promise<string> {
    const transactionId = await payAtProvider(receiving, await verifiedAtProvider(receiving));
    await steer(receiving.provider, `transactions/${transactionId}`, "SUCCESSFUL");
    await receiving.take(payoutEvent(transactionId, "SUCCESSFUL"));
    expect(await payoutSeen(receiving, transactionId)).toMatchObject({ status: "SUCCESSFUL" });
    return transactionId;
  }

  test("are settled by looking the transaction up, and a correction is logged, counted and explained", async () => {
    const receiving = await startReceiving();
    const transactionId = await endedSuccessfully(receiving);
    await steer(receiving.provider, `transactions/${transactionId}`, "FAILED");
    await receiving.take(payoutEvent(transactionId, "FAILED", { message: "Account closed, money returned." }));
    const seen = await payoutSeen(receiving, transactionId);
    expect(seen).toMatchObject({ status: "FAILED", failureReason: "Account closed, money returned." });
    expect(seen.statusChanges.at(-1)).toMatchObject({
      from: "SUCCESSFUL",
      to: "FAILED",
      source: "WEBHOOK",
      reason: expect.stringContaining("Correction"),
    });
    expect(await receiving.metric("payout_gateway_status_corrections_total")).toBe(1);
  });

  test("stay open while the transaction still says so, are counted, and hold up no later event", async () => {
    const receiving = await startReceiving();
    const transactionId = await endedSuccessfully(receiving);
    await deliver(receiving, payoutEvent(transactionId, "FAILED", { message: "Account closed." }));
    const looksUp = () => receiving.provider.received("GET /transaction/{id}").length;
    await eventually(async () => looksUp() >= 3);
    const row = (await receiving.inbox()).at(-1);
    expect(row).toMatchObject({ state: "RECEIVED", obstacle: "CONTRADICTION", failures: 0 });
    expect(row?.reason).toBe(
      `The event reports transaction ${transactionId} as FAILED, its look-up says SUCCESSFUL, and it is known as SUCCESSFUL.`,
    );
    expect(await receiving.metric('payout_gateway_inbox_events_total{outcome="contradicted"}')).toBe(1);
    expect(await receiving.metric('payout_gateway_inbox{state="CONTRADICTED"}')).toBe(1);
    expect(await receiving.metric('payout_gateway_inbox{state="RECEIVED"}')).toBe(0);

    await deliver(receiving, payoutEvent(transactionId, "SUCCESSFUL"));
    await eventually(async () => (await receiving.inbox()).at(-1)?.state === "APPLIED");
    expect(await payoutSeen(receiving, transactionId)).toMatchObject({ status: "SUCCESSFUL", failureReason: null });

    await steer(receiving.provider, `transactions/${transactionId}`, "FAILED");
    await receiving.settled();
    expect(await payoutSeen(receiving, transactionId)).toMatchObject({
      status: "FAILED",
      failureReason: "Account closed.",
    });
    expect(await receiving.metric("payout_gateway_status_corrections_total")).toBe(1);
    expect(await receiving.metric('payout_gateway_inbox{state="CONTRADICTED"}')).toBe(0);
  });

  test("are parked with both statuses when they have disagreed for a day", async () => {
    const receiving = await startReceiving();
    const transactionId = await endedSuccessfully(receiving);
    await deliver(receiving, payoutEvent(transactionId, "FAILED"));
    await eventually(async () => (await receiving.inbox()).at(-1)?.obstacle === "CONTRADICTION");
    const aDayAgo = receiving.database.clock.now() - 86_400_001;
    await receiving.database.db
      .updateTable("inbox")
      .set({ obstacle_since: aDayAgo, next_attempt_at: 0 })
      .where("obstacle", "=", "CONTRADICTION")
      .execute();
    const row = (await receiving.settled()).at(-1);
    expect(row?.state).toBe("PARKED");
    expect(row?.reason).toMatch(/FAILED.*SUCCESSFUL/);
    expect(await payoutSeen(receiving, transactionId)).toMatchObject({ status: "SUCCESSFUL" });
  });

  test("wait for the look-up while the provider cannot be asked", async () => {
    const receiving = await startReceiving();
    const transactionId = await endedSuccessfully(receiving);
    await steer(receiving.provider, `transactions/${transactionId}`, "FAILED");
    receiving.provider.failNext({ route: "GET /transaction/{id}", kind: "answer", status: 503, times: 20 });
    await deliver(receiving, payoutEvent(transactionId, "FAILED"));
    const waiting = await eventually(async () => (await receiving.inbox()).find(({ attempts }) => attempts > 0));
    expect(waiting).toMatchObject({ state: "RECEIVED" });
    expect(await payoutSeen(receiving, transactionId)).toMatchObject({ status: "SUCCESSFUL" });
    await fetch(`${receiving.provider.url}/_sandbox/faults`, { method: "DELETE" });
    await receiving.settled();
    expect(await payoutSeen(receiving, transactionId)).toMatchObject({ status: "FAILED" });
  });
});

describe("what the gateway has never seen", () => {
  test("a payout and its customer are looked up at the provider and taken over", async () => {
    const receiving = await startReceiving();
    const { provider } = receiving;
    const customerId = await verifiedAtProvider(receiving);
    const transactionId = await payAtProvider(receiving, customerId, { merchant_reference: "made-elsewhere-1" });
    await receiving.take(payoutEvent(transactionId, "PROCESSING", { customer_id: customerId }));
    const looksUp = provider.received("GET /transaction/{id}").length;
    const seen = await payoutSeen(receiving, transactionId);
    expect(seen).toMatchObject({
      status: "PROCESSING",
      merchantReference: "made-elsewhere-1",
      amount: { amount: "5000.00", currency: "NGN" },
      recipient: { accountName: "Ada Obi" },
      customer: { id: customerId },
    });
    expect(seen.statusChanges).toEqual([
      { from: null, to: "PENDING", source: "WEBHOOK", reason: null },
      { from: "PENDING", to: "PROCESSING", source: "WEBHOOK", reason: null },
    ]);
    expect(provider.received("GET /transaction/{id}")).toHaveLength(looksUp);
    expect(provider.received("GET /customer/{id}")).toHaveLength(1);
    expect((await customerSeen(receiving, customerId)).statusChanges[0]).toMatchObject({ source: "WEBHOOK" });
  });

  test("a payout of a known customer is looked up too: an event does not tell all of it", async () => {
    const receiving = await startReceiving();
    const customer = await receiving.client.verifiedCustomer();
    const transactionId = await payAtProvider(receiving, customer.id);
    await receiving.take(payoutEvent(transactionId, "SUCCESSFUL", { customer_id: customer.id }));
    const seen = await payoutSeen(receiving, transactionId);
    expect(seen).toMatchObject({ status: "SUCCESSFUL", amount: { amount: "5000.00", currency: "NGN" } });
    expect(receiving.provider.received("GET /transaction/{id}")).toHaveLength(1);
  });

  test("a customer is looked up at the provider and taken over", async () => {
    const receiving = await startReceiving();
    const id = await createCustomerAtProvider(receiving.provider, { email: "grace@example.com" });
    await receiving.take(customerEvent(id, "VERIFIED", new Date(Date.now() + 60_000).toISOString()));
    const seen = await customerSeen(receiving, id);
    expect(seen).toMatchObject({ status: "VERIFIED", email: "grace@example.com" });
    expect(toOf(seen.statusChanges)).toEqual(["PENDING", "VERIFIED"]);
  });

  test("an event that comes before the provider knows its subject itself is tried again, and applied then", async () => {
    const receiving = await startReceiving();
    const customerId = await verifiedAtProvider(receiving);
    const transactionId = await payAtProvider(receiving, customerId);
    receiving.provider.failNext({ route: "GET /transaction/{id}", kind: "answer", status: 404, body: notFound });
    const [row] = (await receiving.take(payoutEvent(transactionId, "PROCESSING"))).slice(-1);
    expect(row).toMatchObject({ state: "APPLIED", attempts: 1 });
    expect(await payoutSeen(receiving, transactionId)).toMatchObject({ status: "PROCESSING" });
    expect(await receiving.metric('payout_gateway_inbox_events_total{outcome="retried"}')).toBe(1);
  });

  test("an event about what the provider does not know is tried again, and parked in the end", async () => {
    const receiving = await startReceiving();
    const unknownIds = { payout: unique("nothing"), customer: unique("nobody") };
    await deliver(receiving, payoutEvent(unknownIds.payout, "SUCCESSFUL", { merchant_reference: "x-1" }));
    await deliver(receiving, customerEvent(unknownIds.customer, "VERIFIED", null));
    await eventually(async () => (await receiving.inbox()).every(({ attempts }) => attempts > 0));
    const again = (await receiving.inbox()).map(({ state, reason }) => `${state} ${reason}`);
    expect(again).toEqual([
      `RECEIVED The provider does not know transaction ${unknownIds.payout}.`,
      `RECEIVED The provider does not know customer ${unknownIds.customer}.`,
    ]);
    // All tries but the last lie behind them.
    await receiving.database.db.updateTable("inbox").set({ failures: 100, next_attempt_at: 0 }).execute();
    const rows = await receiving.take(payoutEvent(unique("other"), "LEVITATING"));
    expect(rows.map(({ state }) => state)).toEqual(["PARKED", "PARKED", "PARKED"]);
    expect(await receiving.metric('payout_gateway_inbox_events_total{outcome="parked"}')).toBe(3);
    const { payouts, customers } = await receiving.client.run("{ payouts { totalCount } customers { totalCount } }");
    expect([payouts.totalCount, customers.totalCount]).toEqual([0, 0]);
  });

  test("an event that was parked because nobody knew its subject is applied when the subject shows up", async () => {
    const receiving = await startReceiving();
    const customerId = await verifiedAtProvider(receiving);
    const transactionId = await payAtProvider(receiving, customerId);
    const fault = { route: "GET /transaction/{id}", kind: "answer", status: 404, body: notFound, times: 50 } as const;
    receiving.provider.failNext(fault);
    await deliver(receiving, payoutEvent(transactionId, "SUCCESSFUL"));
    await eventually(async () => (await receiving.inbox()).some(({ attempts }) => attempts > 0));
    await receiving.database.db.updateTable("inbox").set({ failures: 100, next_attempt_at: 0 }).execute();
    expect(await receiving.settled()).toMatchObject([{ state: "PARKED", obstacle: "ABSENT" }]);

    await fetch(`${receiving.provider.url}/_sandbox/faults`, { method: "DELETE" });
    // Somebody asks for it, and so the gateway looks it up.
    expect(await payoutSeen(receiving, transactionId)).toMatchObject({ status: "PENDING" });
    await eventually(async () => (await payoutSeen(receiving, transactionId)).status === "SUCCESSFUL");
    expect((await receiving.settled()).map(({ state }) => state)).toEqual(["APPLIED"]);
  });

  test("a payout whose customer the provider does not know is not half made", async () => {
    const provider = await startStubProvider();
    const receiving = await startReceiving({
      config: { provider: { url: provider.url, credentials: { apiKey: "k" } }, webhookSecrets: [secret] },
    });
    provider.answer(`GET ${api}/transaction/${encodeURIComponent("lonely/transaction_id")}`, {
      body: transactionAnswer("lonely", "nobody"),
    });
    await deliver(receiving, payoutEvent("lonely/transaction_id", "SUCCESSFUL", { customer_id: "nobody" }));
    const row = await eventually(async () => (await receiving.inbox()).find(({ attempts }) => attempts > 0));
    expect(row.reason).toBe("The provider does not know customer nobody.");
    expect(await payoutSeen(receiving, "lonely/transaction_id")).toBeNull();
  });
});

test("an event about another transaction under a known reference is parked and touches nothing", async () => {
  const receiving = await startReceiving();
  const customerId = await verifiedAtProvider(receiving);
  const transactionId = await payAtProvider(receiving, customerId, { merchant_reference: "ref-1" });
  const rows = await receiving.take(
    payoutEvent(transactionId, "PROCESSING", { merchant_reference: "ref-1" }),
    payoutEvent(unique("foreign"), "FAILED", { merchant_reference: "ref-1" }),
  );
  expect(rows.at(-1)).toMatchObject({ state: "PARKED", reason: expect.stringContaining("not the one") });
  expect(await payoutSeen(receiving, transactionId)).toMatchObject({ status: "PROCESSING" });
});

test("events that came before a stop are applied after the next start", async () => {
  const databaseUrl = await newSqliteUrl();
  const provider = await startStubProvider();
  const config = { provider: { url: provider.url, credentials: { apiKey: "k" } }, webhookSecrets: [secret] };
  provider.answer(`GET ${api}/customer/c1`, { status: 503, body: {} });
  const first = await startReceiving({ databaseUrl, config });
  await deliver(first, customerEvent("c1", "VERIFIED", "2026-03-13T14:30:00.000Z"));
  await eventually(async () => (await first.inbox()).find(({ attempts }) => attempts > 0));
  await first.stop();
  await first.database.db.updateTable("inbox").set({ next_attempt_at: 0 }).execute();

  provider.answer(`GET ${api}/customer/c1`, { body: customerAnswer("c1") });
  const second = await startReceiving({ databaseUrl, config });
  const [row] = await second.settled();
  expect(row?.state).toBe("APPLIED");
  expect(await customerSeen(second, "c1")).toMatchObject({ status: "VERIFIED" });
});

forEachDatabase((_name, _open, newUrl) => {
  test("five hundred deliveries, shuffled and doubled: each payout ends at its last word, each change is logged once", async () => {
    const receiving = await startReceiving({ databaseUrl: await newUrl() });
    const customerId = await verifiedAtProvider(receiving);
    const ends = new Map<string, string>();
    for (let index = 0; index < 50; index += 1) {
      ends.set(await payAtProvider(receiving, customerId), index % 3 === 0 ? "FAILED" : "SUCCESSFUL");
    }
    const events = [...ends].flatMap(([id, end]) =>
      ["PENDING", "PROCESSING", "PROCESSING", end, end].map((status) => payoutEvent(id, status)),
    );
    const deliveries = shuffled([...events, ...events]);
    expect(deliveries).toHaveLength(500);
    for (let start = 0; start < deliveries.length; start += 25) {
      const answers = await Promise.all(deliveries.slice(start, start + 25).map((event) => deliver(receiving, event)));
      expect(answers.every(({ status }) => status === 200)).toBe(true);
    }
    const rows = await receiving.settled();
    expect(rows.map(({ state }) => state)).toEqual(events.map(() => "APPLIED"));

    const { db } = receiving.database;
    const log = await logAfter(db, 0, 1000, {}, everything);
    expect(log.map(({ position }) => position)).toEqual(log.map((_, index) => index + 1));
    const payouts = await db.selectFrom("payouts").selectAll().execute();
    expect(new Map(payouts.map(({ transaction_id, status }) => [transaction_id, status]))).toEqual(ends);
    for (const payout of payouts) {
      const entries = log.filter(({ entity_id }) => entity_id === payout.id);
      const steps = entries.map(({ from_status, to_status }) => `${from_status} ${to_status}`);
      expect([
        ["null PENDING", `PENDING ${payout.status}`],
        ["null PENDING", "PENDING PROCESSING", `PROCESSING ${payout.status}`],
      ]).toContainEqual(steps);
      expect(entries.at(-1)?.position).toBe(payout.position);
    }
    // Each payout was looked up when it was met first, and never again.
    expect(receiving.provider.received("GET /transaction/{id}")).toHaveLength(50);
  });
}, sharedKinds);

/** The same disorder at each run. */
function shuffled<T>(items: readonly T[]): T[] {
  let seed = 42;
  const next = () => {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
    return seed;
  };
  return items
    .map((item) => ({ item, key: next() }))
    .sort((a, b) => a.key - b.key)
    .map(({ item }) => item);
}

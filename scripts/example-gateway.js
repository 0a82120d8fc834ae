// A gateway with customers and payouts in every state, as they would be after some weeks. Nothing of it is kept.
import { createHmac } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { pino } from "pino";
import { readConfig } from "../dist/config.js";
import { startGateway } from "../dist/gateway.js";
import { openDatabase } from "../dist/store/database.js";

const wallets = { NGN: "71d0a9c2-0001-4a6e-b0f1-000000000566", CAD: "71d0a9c2-0002-4a6e-b0f1-000000000124" };
const names = ["Ada Obi", "Bola Adeyemi", "Chidi Eze", "Deborah Stone", "Efe Okoro", "Femi Bankole", "Grace Mensah"];
const days = 30;
const dayMs = 86_400_000;
const png = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg==";

export async function startExampleGateway() {
  const folder = mkdtempSync(join(tmpdir(), "gateway-pictures-"));
  const databaseUrl = `sqlite:${join(folder, "gateway.db")}`;
  const config = readConfig({
    PORT: "0",
    SANDBOX_PORT: "0",
    DATABASE_URL: databaseUrl,
    RECONCILE_SECONDS: "0",
    PROVIDER_RATE_LIMIT: "600/1m,3000/1h",
  });
  const sandbox = {
    reviewDelayMs: 3_600_000,
    payoutStepDelayMs: 60_000,
    rateLimit: { perMinute: 10_000, perHour: 10_000 },
  };
  const patience = { absenceGapMs: 3_600_000 };
  const dashboardFolder = fileURLToPath(new URL("../dist/dashboard", import.meta.url));
  const gateway = await startGateway(config, { logger: pino({ level: "silent" }), sandbox, patience, dashboardFolder });
  const stop = async () => {
    await gateway.stop();
    rmSync(folder, { recursive: true });
  };
  const run = runner(gateway.url);
  const customers = [];
  for (const name of names) customers.push(await createCustomer(run, name));
  const rejected = await createCustomer(run, "Hanna Weiss");
  const inReview = await createCustomer(run, "Ivo Marin");
  await createCustomer(run, "Jo Park");
  for (const id of [...customers, rejected, inReview]) await submitPassport(gateway.url, id);
  await move(gateway, rejected, "REJECTED", "The picture is too dark to be read.");
  for (const id of customers) await move(gateway, id, "VERIFIED");
  await reaching(run, "customer", rejected, "REJECTED");
  for (const id of customers) await reaching(run, "customer", id, "VERIFIED");

  const made = [];
  for (let count = 0; count < 90; count += 1) {
    const note = `Invoice ${1000 + count}`;
    const send = `${(count * 7919) % 90_000}.${String(count % 100).padStart(2, "0")}`;
    const inCanada = count % 6 === 0;
    made.push(await pay(run, customers[count % customers.length], { note, send: `1${send}`, inCanada }));
  }
  for (const [count, id] of made.entries()) await end(gateway, run, id, count % 9 === 4 ? "FAILED" : "SUCCESSFUL");
  for (const id of made) await reaching(run, "payout", id, "SUCCESSFUL", "FAILED");
  await spread(databaseUrl, made);
  const open = [];
  for (let count = 0; count < 4; count += 1) {
    open.push(await pay(run, customers[count], { note: `Invoice ${2000 + count}`, send: "25000.00" }));
  }
  gateway.sandbox.failNext({ route: "POST /payout", kind: "reset", when: "after" });
  gateway.sandbox.failNext({ route: "GET /transaction/{id}", kind: "answer", status: 404, times: 10_000 });
  const unconfirmed = await pay(run, customers[1], { note: "Invoice test-webhook-lost", send: "64000.00" });
  await parkEvents(gateway);
  const ids = {
    verified: customers[0],
    rejected,
    inReview,
    unconfirmed,
    successful: made[1],
    failed: made[4],
    interac: made[0],
  };
  return { url: gateway.url, ids, stop };
}

function runner(url) {
  return async (query, variables = {}) => {
    const response = await fetch(`${url}/graphql`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ query, variables }),
    });
    const { data, errors } = await response.json();
    if (errors) throw new Error(JSON.stringify(errors));
    return data;
  };
}

async function createCustomer(run, name) {
  const [firstName, lastName] = name.split(" ");
  const email = `${firstName.toLowerCase()}@example.com`;
  const input = {
    type: "INDIVIDUAL",
    firstName,
    lastName,
    email,
    country: "NG",
    idType: "PASSPORT",
    idNumber: `A${name.length}1234567`,
  };
  const query =
    "mutation ($input: CreateCustomerInput!) { createCustomer(input: $input) { customer { id } userErrors { message } } }";
  const { createCustomer: answer } = await run(query, { input });
  if (!answer.customer) throw new Error(JSON.stringify(answer.userErrors));
  return answer.customer.id;
}

async function submitPassport(url, customerId) {
  const query =
    "mutation ($input: SubmitDocumentsInput!) { submitDocuments(input: $input) { userErrors { message } } }";
  const input = { customerId, documents: [{ category: "IDENTITY", file: null }] };
  const form = new FormData();
  form.set("operations", JSON.stringify({ query, variables: { input } }));
  form.set("map", JSON.stringify({ 0: ["variables.input.documents.0.file"] }));
  form.set("0", new File([Buffer.from(png, "base64")], "passport.png", { type: "image/png" }));
  await fetch(`${url}/graphql`, { method: "POST", headers: { "apollo-require-preflight": "true" }, body: form });
}

/** The simulated provider decides now. */
function move(gateway, customerId, status, comment) {
  return steer(gateway, `customers/${customerId}`, { status, ...(comment ? { comment } : {}) });
}

async function end(gateway, run, id, status) {
  const { payout } = await run("query ($id: ID!) { payout(id: $id) { transactionId } }", { id });
  for (const step of ["PROCESSING", status])
    await steer(gateway, `transactions/${payout.transactionId}`, { status: step });
}

async function steer({ sandbox }, path, body) {
  const response = await fetch(`${sandbox.url}/_sandbox/${path}/status`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(await response.text());
}

async function pay(run, customerId, { note, send, inCanada = false }) {
  const currency = inCanada ? "CAD" : "NGN";
  const destination = inCanada
    ? { interac: { email: "ada@example.com", firstName: "Ada", lastName: "Obi" } }
    : { ngnBank: { bankId: "1", accountNumber: "0222500691" } };
  const input = {
    idempotencyKey: crypto.randomUUID(),
    customerId,
    walletId: wallets[currency],
    sourceCurrency: currency,
    amount: { send },
    destination,
    note,
  };
  const query =
    "mutation ($input: CreatePayoutInput!) { createPayout(input: $input) { payout { id } userErrors { message } } }";
  const { createPayout } = await run(query, { input });
  if (!createPayout.payout) throw new Error(JSON.stringify(createPayout.userErrors));
  return createPayout.payout.id;
}

async function reaching(run, kind, id, ...statuses) {
  for (;;) {
    const answer = await run(`query ($id: ID!) { ${kind}(id: $id) { status } }`, { id });
    if (statuses.includes(answer[kind].status)) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Moves payouts into the past, so that there is something to see over time. */
async function spread(databaseUrl, ids) {
  const { db, close } = await openDatabase(databaseUrl);
  for (const [index, id] of ids.entries()) {
    const shift = Math.round((index / ids.length) ** 1.3 * days * dayMs * 0.98) + 3_600_000;
    const later = (index % 13) ** 2 * 900;
    await db
      .updateTable("payouts")
      .set((eb) => ({ created_at: eb("created_at", "-", shift + later) }))
      .where("id", "=", id)
      .execute();
    await db
      .updateTable("status_log")
      .set((eb) => ({ occurred_at: eb("occurred_at", "-", shift), recorded_at: eb("recorded_at", "-", shift) }))
      .where("entity_id", "=", id)
      .execute();
  }
  await close();
}

async function parkEvents({ url, sandbox }) {
  const events = [
    { type: "weather.changed", event_id: "e-1" },
    { type: "payout", event_id: "e-2", transaction_id: "t-1", transaction_status: "TELEPORTED" },
  ];
  for (const event of events) {
    const body = JSON.stringify(event);
    const timestamp = String(Math.floor(Date.now() / 1000));
    const signature = createHmac("sha256", sandbox.signingSecret).update(`${timestamp}.${body}`).digest("hex");
    const headers = {
      "content-type": "application/json",
      "x-blaaiz-timestamp": timestamp,
      "x-blaaiz-signature": signature,
    };
    await fetch(`${url}/webhooks`, { method: "POST", headers, body });
  }
}

import { Agent, request } from "node:http";
import { jest } from "@jest/globals";
import { pino } from "pino";
import type { PayoutChange } from "../src/datasources/changes.js";
import { ChangeDoor } from "../src/mirror/apply-change.js";
import { InProcessWakeUps } from "../src/mirror/wake-ups.js";
import type { Database } from "../src/store/database.js";
import { inboxBacklog } from "../src/store/gauge.queries.js";
import { countEvents } from "../src/store/inbox.queries.js";
import { Metrics } from "../src/telemetry/metrics.js";
import { callProvider, createCustomerAtProvider, moveCustomer } from "./support/provider-calls.js";
import { ngnPayout } from "./support/sandbox-client.js";
import { signatureOf, unixSeconds } from "./support/signed-webhooks.js";
import { startTestGateway } from "./support/start-test-gateway.js";
import { faultsOf, readLog } from "./support/status-log.js";
import { newSqliteUrl, openTestDatabase } from "./support/test-databases.js";

// 5,000 deliveries, each on disk before it is answered and again when it is applied.
jest.setTimeout(120_000);

const payoutCount = 500;
// The provider takes these back after they had succeeded.
const returnedCount = 10;
const connections = 20;

interface Payout {
  transactionId: string;
  lastWord: "SUCCESSFUL" | "FAILED";
  isReturned: boolean;
}

/** Payouts that are under way, written as another process of the same database would write them. */
async function begin(database: Database, customerId: string, payouts: readonly Payout[]): Promise<void> {
  const logger = pino({ level: "silent" });
  const door = new ChangeDoor({ database, wakeUps: new InProcessWakeUps(), metrics: new Metrics(), logger });
  const changes = payouts.map(
    ({ transactionId }): PayoutChange => ({
      kind: "payout",
      payoutId: `payout-${transactionId}`,
      transactionId,
      status: "PENDING",
      details: { customerId },
    }),
  );
  await door.apply(changes, { source: "MUTATION" });
}

/** Five events of each payout, each delivered twice. */
function deliveriesOf({ transactionId, lastWord, isReturned }: Payout): string[] {
  const words = ["PENDING", "PROCESSING", "PROCESSING", isReturned ? "SUCCESSFUL" : lastWord, lastWord];
  const events = words.map((word, index) =>
    JSON.stringify({
      message: "Transaction",
      transaction_id: transactionId,
      transaction_status: word,
      event_id: `${transactionId}-${index}`,
      type: word === "PENDING" ? "payout_initiated" : "payout",
    }),
  );
  return [...events, ...events];
}

function shuffled<T>(values: readonly T[]): T[] {
  const result = [...values];
  for (let last = result.length - 1; last > 0; last -= 1) {
    const other = Math.floor(Math.random() * (last + 1));
    [result[last], result[other]] = [result[other] as T, result[last] as T];
  }
  return result;
}

/** Answers how many deliveries got which status. */
async function deliverAll(url: string, secret: string, bodies: readonly string[]): Promise<Record<string, number>> {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const seen: Record<string, number> = {};
  const waiting = [...bodies];
  const send = (body: string, timestamp: string) =>
    new Promise<number>((resolve, reject) => {
      const headers = {
        "content-type": "application/json",
        "x-blaaiz-signature": signatureOf(body, secret, timestamp),
        "x-blaaiz-timestamp": timestamp,
      };
      const outgoing = request(`${url}/webhooks`, { method: "POST", agent, headers }, (answer) => {
        answer.resume().once("end", () => resolve(answer.statusCode ?? 0));
      });
      outgoing.once("error", reject).end(body);
    });
  const lines = Array.from({ length: connections }, async () => {
    for (let body = waiting.pop(); body !== undefined; body = waiting.pop()) {
      const status = await send(body, unixSeconds());
      seen[status] = (seen[status] ?? 0) + 1;
    }
  });
  await Promise.all(lines);
  agent.destroy();
  return seen;
}

/** Returns how many report another end than the payout has: whichever came second is asked about for a day. */
async function untilApplied(database: Database): Promise<number> {
  for (;;) {
    const backlog = new Map((await inboxBacklog(database.db)).map(({ state, count }) => [state, count]));
    if (!backlog.has("RECEIVED")) return backlog.get("CONTRADICTED") ?? 0;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

test("5,000 webhooks for 500 payouts, shuffled and doubled, leave each where its last word says, each change logged once", async () => {
  const databaseUrl = await newSqliteUrl();
  const { gateway, client, provider } = await startTestGateway({ config: { databaseUrl } });
  const database = await openTestDatabase(databaseUrl);
  const customerId = await createCustomerAtProvider(provider, { email: "ada+webhook-lost@example.com" });
  await moveCustomer(provider, customerId, "VERIFIED");
  await client.run("query ($id: ID!) { customer(id: $id) { id } }", { id: customerId });

  const returned: Payout[] = [];
  for (let made = 0; made < returnedCount; made += 1) {
    const body = ngnPayout(customerId, { note: "test-webhook-lost" });
    const { transaction } = await callProvider<{ transaction: { id: string } }>(provider, "POST", "/payout", body);
    await fetch(`${provider.url}/_sandbox/transactions/${transaction.id}/status`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ status: "FAILED" }),
    });
    returned.push({ transactionId: transaction.id, lastWord: "FAILED", isReturned: true });
  }
  const plain = Array.from({ length: payoutCount - returnedCount }, (_, index): Payout => {
    return { transactionId: `t-${index}`, lastWord: index % 4 === 0 ? "FAILED" : "SUCCESSFUL", isReturned: false };
  });
  const payouts = [...returned, ...plain];
  await begin(database, customerId, payouts);

  const bodies = shuffled(payouts.flatMap(deliveriesOf));
  expect(bodies).toHaveLength(5_000);
  const usedBefore = process.cpuUsage();
  expect(await deliverAll(gateway.url, provider.signingSecret, bodies)).toEqual({ 200: 5_000 });
  const contradicted = await untilApplied(database);
  // Of the processor and not of the clock: what the disk and the neighbours take is not the gateway's.
  const { user, system } = process.cpuUsage(usedBefore);
  expect((user + system) / 1_000_000).toBeLessThan(40);

  expect(contradicted).toBeLessThanOrEqual(returnedCount);
  expect(await countEvents(database.db, "APPLIED")).toBe(2_500 - contradicted);
  expect(await countEvents(database.db, "PARKED")).toBe(0);
  const log = await readLog(client);
  expect(faultsOf(log)).toEqual([]);
  const ends = new Map(log.map(({ id, to }) => [id, to]));
  for (const { transactionId, lastWord } of payouts) expect(ends.get(`payout-${transactionId}`)).toBe(lastWord);
  for (const { transactionId } of plain) {
    const moves = log.filter(({ id }) => id === `payout-${transactionId}`).map(({ to }) => to);
    expect(new Set(moves).size).toBe(moves.length);
  }
  // Only those that two finals disagreed on were asked for, whatever the order.
  const asked = provider.received("GET /transaction/{id}").map(({ path }) => path.split("/").at(-1));
  const known = new Set(returned.map(({ transactionId }) => transactionId));
  expect(asked.filter((id) => !known.has(id ?? ""))).toEqual([]);
});

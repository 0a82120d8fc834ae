// A caller gets a response in time, whatever PostgreSQL does, and the gateway heals by itself.

import { randomUUID } from "node:crypto";
import { eventually } from "./support/eventually.js";
import { alterDatabase, holdOpen, throughLine } from "./support/faulty-database.js";
import { deliver } from "./support/signed-webhooks.js";
import { startTestGateway, type TestGateway } from "./support/start-test-gateway.js";
import { payoutInput, unique } from "./support/test-client.js";
import { forEachDatabase, openTestDatabase } from "./support/test-databases.js";

// What a caller has to wait at most: `answerWithinMs` and five seconds.
const longestMs = 20_000;
const healedWithinMs = 60_000;

const createPayout = `mutation ($input: CreatePayoutInput!) {
  createPayout(input: $input) { payout { id status } replayed userErrors { code message } }
}`;
const readCustomers = "{ customers(first: 1) { totalCount } }";

async function post({ client }: TestGateway, query: string, variables: Record<string, unknown> = {}) {
  const startedAt = performance.now();
  const response = await client.post({ query, variables });
  const body = await response.json();
  return { status: response.status, headers: response.headers, body, tookMs: performance.now() - startedAt };
}

function expectUnavailable({ status, headers, body, tookMs }: Awaited<ReturnType<typeof post>>): void {
  expect({ status, retryAfter: headers.get("retry-after"), errors: body.errors, isInTime: tookMs < longestMs }).toEqual(
    {
      status: 503,
      retryAfter: "5",
      errors: [expect.objectContaining({ extensions: { code: "SERVICE_UNAVAILABLE", retryAfterSeconds: 5 } })],
      isInTime: true,
    },
  );
}

async function webhookTo({ gateway, provider }: TestGateway) {
  const event = { event: "payout.updated", data: { transaction_id: randomUUID(), transaction_status: "PENDING" } };
  const startedAt = performance.now();
  const { status } = await deliver({ gateway, secret: provider.signingSecret }, event);
  return { status, isInTime: performance.now() - startedAt < longestMs };
}

async function readiness({ gateway }: TestGateway) {
  const response = await fetch(`${gateway.url}/readyz`);
  const { reason } = (await response.json()) as { reason?: string };
  return { code: response.status, reason };
}

async function untilPaid(gateway: TestGateway, input: object): Promise<void> {
  const deadline = performance.now() + healedWithinMs;
  for (;;) {
    const { body } = await post(gateway, createPayout, { input });
    if (body.data?.createPayout?.payout) return;
    if (performance.now() > deadline) throw new Error(`It did not heal: ${JSON.stringify(body)}`);
  }
}

forEachDatabase(
  (_name, _open, newUrl) => {
    async function startOn(databaseUrl: string) {
      const gateway = await startTestGateway({ config: { databaseUrl } });
      const { id: customerId } = await gateway.client.verifiedCustomer();
      return { gateway, input: payoutInput({ customerId, idempotencyKey: unique("k") }) };
    }

    test("a database that falls silent costs a clear error in time, and heals by itself", async () => {
      const { url, line } = await throughLine(await newUrl());
      const { gateway, input } = await startOn(url);
      line.fallSilent();
      const [mutation, query, webhook, ready] = await Promise.all([
        post(gateway, createPayout, { input }),
        post(gateway, readCustomers),
        webhookTo(gateway),
        readiness(gateway),
      ]);
      expectUnavailable(mutation);
      expectUnavailable(query);
      expect(webhook).toEqual({ status: 503, isInTime: true });
      expect(ready.code).toBe(503);
      line.cut();
      line.mend();
      await untilPaid(gateway, input);
      await eventually(async () => (await readiness(gateway)).code === 200);
      expect(gateway.provider.received("POST /payout")).toHaveLength(1);
    }, 120_000);

    test("a lock that somebody keeps costs a clear error in time", async () => {
      const url = await newUrl();
      const { gateway, input } = await startOn(url);
      const lock = await holdOpen(url, "select * from log_head for update");
      const [mutation, webhook] = await Promise.all([post(gateway, createPayout, { input }), webhookTo(gateway)]);
      expectUnavailable(mutation);
      // An event is stored without the log.
      expect(webhook).toEqual({ status: 200, isInTime: true });
      await lock.release();
      await untilPaid(gateway, input);
      expect(gateway.provider.received("POST /payout")).toHaveLength(1);
    }, 120_000);

    test("a node that is paused inside a transaction delays the others by seconds", async () => {
      const url = await newUrl();
      const { gateway, input } = await startOn(url);
      const paused = await openTestDatabase(url);
      let resume = () => {};
      const pause = new Promise<void>((resolve) => {
        resume = resolve;
      });
      const locked = new Promise<void>((resolve) => {
        const work = paused.transaction(async (tx) => {
          await tx.selectFrom("log_head").selectAll().forUpdate().execute();
          resolve();
          await pause;
          await tx.selectFrom("log_head").selectAll().execute();
        });
        void expect(work).rejects.toThrow("The connection to the database failed.");
      });
      await locked;
      const { status, body, tookMs } = await post(gateway, createPayout, { input });
      resume();
      expect({ status, errors: body.errors, isInTime: tookMs < 10_000 }).toEqual({ status: 200, isInTime: true });
    }, 60_000);

    test("a lock on everything that is written costs a clear error in time, for webhooks too", async () => {
      const url = await newUrl();
      const { gateway, input } = await startOn(url);
      const lock = await holdOpen(url, "lock table intents, inbox, audit_head, settings in access exclusive mode");
      const [mutation, webhook, ready] = await Promise.all([
        post(gateway, createPayout, { input }),
        webhookTo(gateway),
        readiness(gateway),
      ]);
      expectUnavailable(mutation);
      expect(webhook).toEqual({ status: 503, isInTime: true });
      expect(ready.code).toBe(503);
      await lock.release();
      await untilPaid(gateway, input);
    }, 120_000);

    test("after a failover the pool leaves the read-only server by itself", async () => {
      const url = await newUrl();
      const { url: linedUrl, line } = await throughLine(url);
      const { gateway, input } = await startOn(linedUrl);
      await alterDatabase(url, "set default_transaction_read_only = on");
      try {
        // Every connection is a new one, to a server that has become read-only.
        line.cut();
        line.mend();
        await eventually(async () => (await readiness(gateway)).reason === "The database is read-only.");
        expectUnavailable(await post(gateway, createPayout, { input }));
      } finally {
        await alterDatabase(url, "reset default_transaction_read_only");
      }
      await untilPaid(gateway, input);
      await eventually(async () => (await readiness(gateway)).code === 200);
      expect(gateway.provider.received("POST /payout")).toHaveLength(1);
    }, 120_000);

    test.each(["repeatable read", "serializable"])(
      "a server whose default isolation level is %s changes nothing",
      async (level) => {
        const url = await newUrl();
        await alterDatabase(url, `set default_transaction_isolation = '${level}'`);
        try {
          const { gateway, input } = await startOn(url);
          const inputs = Array.from({ length: 12 }, () => ({ ...input, idempotencyKey: unique("k") }));
          const [answers, webhooks] = await Promise.all([
            Promise.all(inputs.map((one) => post(gateway, createPayout, { input: one }))),
            Promise.all(inputs.map(() => webhookTo(gateway))),
          ]);
          expect(answers.flatMap(({ body }) => body.errors ?? [])).toEqual([]);
          expect(new Set(webhooks.map(({ status }) => status))).toEqual(new Set([200]));
        } finally {
          await alterDatabase(url, "reset default_transaction_isolation");
        }
      },
    );
  },
  ["PostgreSQL"],
);

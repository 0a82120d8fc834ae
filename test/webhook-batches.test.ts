// Events that come together are stored together and applied together. What is wrong with one of them is its own affair.

import { sql } from "kysely";
import { pino } from "pino";
import type { PayoutChange } from "../src/datasources/changes.js";
import { ChangeDoor } from "../src/mirror/apply-change.js";
import { InProcessWakeUps } from "../src/mirror/wake-ups.js";
import { insertCustomer } from "../src/store/customer.queries.js";
import type { Database } from "../src/store/database.js";
import type { InboxRow } from "../src/store/inbox.queries.js";
import { Metrics } from "../src/telemetry/metrics.js";
import { applyBatch } from "../src/webhooks/apply-batch.js";
import { classifyEvent } from "../src/webhooks/classify-event.js";
import { EventStore } from "../src/webhooks/store-events.js";
import { eventually } from "./support/eventually.js";
import { deliver } from "./support/signed-webhooks.js";
import { startTestGateway } from "./support/start-test-gateway.js";
import { customerRow } from "./support/stored-rows.js";
import { type DatabaseKind, forEachDatabase, openTestDatabase, sharedKinds } from "./support/test-databases.js";

const secret = "whsec_test_0123456789abcdef";

const collection = (eventId: string, fields: object = {}) =>
  Buffer.from(JSON.stringify({ type: "collection", event_id: eventId, ...fields }));

const payoutEvent = (transactionId: string, status = "PROCESSING") => ({
  type: "payout",
  event_id: `${transactionId} ${status}`,
  transaction_id: transactionId,
  transaction_status: status,
});

interface TestStore {
  store: (body: Buffer) => Promise<boolean>;
  transactions: () => number;
  /** How often there was something left to apply. */
  calls: () => number;
}

function storeOf(database: Database, appliesAtOnce = false): TestStore {
  let transactions = 0;
  let calls = 0;
  const counted: Database = {
    ...database,
    transaction: (work) => {
      transactions += 1;
      return database.transaction(work);
    },
  };
  const { door } = doorTo(counted);
  const onOpen = () => {
    calls += 1;
  };
  const events = new EventStore({ ...quiet(), database: counted, door, appliesAtOnce, onOpen });
  return {
    store: (body) => events.store(classifyEvent(body), body),
    transactions: () => transactions,
    calls: () => calls,
  };
}

const inboxOf = ({ db }: Database): Promise<InboxRow[]> => db.selectFrom("inbox").selectAll().orderBy("id").execute();

/** Makes the database refuse rows, as it refuses what breaks a constraint of its own. */
async function refuse({ db }: Database, kind: DatabaseKind, table: string, column: string, value: string) {
  const statement =
    kind === "PostgreSQL"
      ? `alter table ${table} add constraint refused check (${column} <> '${value}') not valid`
      : `create trigger refused before insert on ${table} when new.${column} = '${value}'
           begin select raise(abort, 'refused'); end`;
  await sql.raw(statement).execute(db);
}

function doorTo(database: Database) {
  const wakeUps = new InProcessWakeUps();
  const announced: number[] = [];
  wakeUps.listen((position) => announced.push(position));
  return {
    announced,
    door: new ChangeDoor({ ...quiet(), database, wakeUps }),
  };
}

const quiet = () => ({
  metrics: new Metrics(),
  logger: pino({ level: "silent" }),
  tracing: { isOn: false, start: () => null, stop: async () => {} },
});

/** Payouts under way of a customer, known by these transactions. */
async function beginPayouts(database: Database, transactionIds: readonly string[]): Promise<void> {
  const customer = customerRow();
  await database.transaction((tx) => insertCustomer(tx, customer));
  const changes = transactionIds.map(
    (transactionId): PayoutChange => ({
      kind: "payout",
      payoutId: `payout-${transactionId}`,
      transactionId,
      merchantReference: `reference-${transactionId}`,
      status: "PENDING",
      details: { customerId: customer.id },
    }),
  );
  await doorTo(database).door.apply(changes, { source: "MUTATION" });
}

const statusesOf = async ({ db }: Database) =>
  new Map((await db.selectFrom("payouts").selectAll().execute()).map((row) => [row.transaction_id, row.status]));

describe("events that come together", () => {
  forEachDatabase((kind, open, newUrl) => {
    test("are stored in their order by one transaction, each answered for itself", async () => {
      const database = await open();
      const { store, transactions } = storeOf(database);
      const bodies = Array.from({ length: 50 }, (_, index) => collection(`e${index}`));
      expect(await Promise.all(bodies.map(store))).toEqual(bodies.map(() => true));
      expect(transactions()).toBe(1);
      expect((await inboxOf(database)).map(({ raw_body }) => raw_body)).toEqual(bodies.map(String));
      expect(await store(collection("e50"))).toBe(true);
      expect(transactions()).toBe(2);
    });

    test("are told apart: a repeat is none, and other content under one key is kept and flagged", async () => {
      const database = await open();
      const { store } = storeOf(database);
      await store(collection("old"));
      const bodies = [
        collection("old"),
        collection("old", { amount: 1 }),
        collection("new"),
        collection("new"),
        collection("new", { amount: 1 }),
      ];
      expect(await Promise.all(bodies.map(store))).toEqual([false, true, true, false, true]);
      const rows = await inboxOf(database);
      expect(rows.map(({ raw_body, is_conflict }) => [raw_body, is_conflict])).toEqual([
        [String(bodies[0]), 0],
        [String(bodies[1]), 1],
        [String(bodies[2]), 0],
        [String(bodies[4]), 1],
      ]);
      expect(await Promise.all(bodies.map(store))).toEqual(bodies.map(() => false));
    });

    test("are more than fit into one transaction, and are all stored", async () => {
      const database = await open();
      const { store, transactions } = storeOf(database);
      const bodies = Array.from({ length: 450 }, (_, index) => collection(`e${index}`));
      await Promise.all(bodies.map(store));
      expect(transactions()).toBe(3);
      expect(await inboxOf(database)).toHaveLength(450);
    });

    test("fail alone where one cannot be stored", async () => {
      const database = await open();
      await refuse(database, kind, "inbox", "type", "refund");
      const { store } = storeOf(database);
      const bad = Buffer.from('{"type":"refund","event_id":"bad"}');
      const outcomes = await Promise.allSettled([collection("a"), bad, collection("b")].map(store));
      expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
      expect((await inboxOf(database)).map(({ type }) => type)).toEqual(["collection", "collection"]);
      expect(await store(collection("c"))).toBe(true);
    });

    test("are applied by one transaction; what is not free any more is left to whom has it", async () => {
      const database = await open();
      await beginPayouts(database, ["t1", "t2", "t3"]);
      const { store } = storeOf(database);
      const bodies = ["t1", "t2", "t3"].map((id) => Buffer.from(JSON.stringify(payoutEvent(id))));
      await Promise.all(bodies.map(store));
      const rows = await inboxOf(database);
      await database.db
        .updateTable("inbox")
        .set({ lease_until: Date.now() + 60_000 })
        .where("id", "=", rows[1]!.id)
        .execute();

      const { door, announced } = doorTo(database);
      const { settled, left } = await applyBatch({ door, database }, rows, 1_000);
      expect(settled.map(([{ id }, { state }]) => [id, state])).toEqual([
        [rows[0]!.id, "APPLIED"],
        [rows[2]!.id, "APPLIED"],
      ]);
      expect(left).toEqual([]);
      expect(announced).toEqual([5]);
      expect((await inboxOf(database)).map(({ state }) => state)).toEqual(["APPLIED", "RECEIVED", "APPLIED"]);
      // A second worker that had read the same rows finds nothing to do.
      expect(await applyBatch({ door, database }, rows, 1_000)).toEqual({ settled: [], left: [] });
      expect(await statusesOf(database)).toEqual(
        new Map([
          ["t1", "PROCESSING"],
          ["t2", "PENDING"],
          ["t3", "PROCESSING"],
        ]),
      );
    });

    test("are applied each to what the one before made of the payout, by whatever name it goes", async () => {
      const database = await open();
      await beginPayouts(database, ["t1"]);
      const { store } = storeOf(database);
      const { transaction_id: _, ...byReference } = { ...payoutEvent("t1"), merchant_reference: "reference-t1" };
      for (const event of [byReference, payoutEvent("t1", "SUCCESSFUL")])
        await store(Buffer.from(JSON.stringify(event)));
      const { settled } = await applyBatch({ ...doorTo(database), database }, await inboxOf(database), 1_000);
      expect(settled.map(([, { state }]) => state)).toEqual(["APPLIED", "APPLIED"]);
      const entries = await database.db.selectFrom("status_log").selectAll().orderBy("position").execute();
      expect(entries.map(({ from_status, to_status }) => [from_status, to_status])).toEqual([
        [null, "PENDING"],
        ["PENDING", "PROCESSING"],
        ["PROCESSING", "SUCCESSFUL"],
      ]);
    });

    test("are left and kept from others where they take a look-up, and parked where they cannot be read", async () => {
      const database = await open();
      await beginPayouts(database, ["known", "ended"]);
      const { store } = storeOf(database);
      const { door } = doorTo(database);
      const ended: PayoutChange = { kind: "payout", transactionId: "ended", status: "FAILED", details: {} };
      await door.apply([ended], { source: "WEBHOOK" });
      const events = [
        payoutEvent("unknown"),
        payoutEvent("known"),
        payoutEvent("ended", "SUCCESSFUL"),
        { ...payoutEvent("known"), event_id: "odd", transaction_status: "LAUNDERED" },
        { type: "collection", event_id: "none of ours" },
      ];
      await Promise.all(events.map((event) => store(Buffer.from(JSON.stringify(event)))));
      const rows = await inboxOf(database);
      const { settled, left } = await applyBatch({ door, database }, rows, 60_000);
      expect(settled.map(([{ id }, { state }]) => [id, state])).toEqual([
        [rows[1]!.id, "APPLIED"],
        [rows[3]!.id, "PARKED"],
        [rows[4]!.id, "IGNORED"],
      ]);
      expect(left.map(({ id }) => id)).toEqual([rows[0]!.id, rows[2]!.id]);
      const kept = await inboxOf(database);
      expect(kept.map(({ state }) => state)).toEqual(["RECEIVED", "APPLIED", "RECEIVED", "PARKED", "IGNORED"]);
      expect(kept.map(({ lease_until }) => lease_until > Date.now())).toEqual([true, false, true, false, false]);
      expect((await statusesOf(database)).get("ended")).toBe("FAILED");
    });

    test("are applied by the transaction that stores them, as far as the mirror can tell", async () => {
      const database = await open();
      await beginPayouts(database, ["known", "ended"]);
      const ended: PayoutChange = { kind: "payout", transactionId: "ended", status: "FAILED", details: {} };
      await doorTo(database).door.apply([ended], { source: "WEBHOOK" });
      const { store, transactions, calls } = storeOf(database, true);
      const whole = [payoutEvent("known"), { type: "collection", event_id: "none of ours" }];
      await Promise.all(whole.map((event) => store(Buffer.from(JSON.stringify(event)))));
      expect([transactions(), calls()]).toEqual([1, 0]);
      expect((await inboxOf(database)).map(({ state }) => state)).toEqual(["APPLIED", "IGNORED"]);

      const events = [
        payoutEvent("known"),
        payoutEvent("unknown"),
        payoutEvent("known", "SUCCESSFUL"),
        payoutEvent("ended", "SUCCESSFUL"),
        { ...payoutEvent("known"), event_id: "odd", transaction_status: "LAUNDERED" },
      ];
      const answers = await Promise.all(events.map((event) => store(Buffer.from(JSON.stringify(event)))));
      // The first is a repeat.
      expect(answers).toEqual([false, true, true, true, true]);
      expect([transactions(), calls()]).toEqual([2, 1]);
      const rows = (await inboxOf(database)).slice(2);
      expect(rows.map(({ subject, state }) => [subject, state])).toEqual([
        ["unknown", "RECEIVED"],
        ["known", "APPLIED"],
        ["ended", "RECEIVED"],
        ["known", "PARKED"],
      ]);
      expect(rows.map(({ settled_at }) => settled_at !== null)).toEqual([false, true, false, true]);
      expect(rows[3]?.reason).toContain("LAUNDERED");
      expect((await statusesOf(database)).get("known")).toBe("SUCCESSFUL");
    });

    test("wait behind an earlier one of their subject that is not applied", async () => {
      const database = await open();
      await beginPayouts(database, ["t1", "t2", "t3"]);
      const failed: PayoutChange = { kind: "payout", transactionId: "t3", status: "FAILED", details: {} };
      await storeOf(database).store(Buffer.from(JSON.stringify(payoutEvent("t1"))));
      const { store, calls } = storeOf(database, true);
      await store(Buffer.from(JSON.stringify(payoutEvent("t1", "SUCCESSFUL"))));
      expect(calls()).toBe(1);
      expect((await inboxOf(database)).map(({ state }) => state)).toEqual(["RECEIVED", "RECEIVED"]);
      // Nor does one of the same batch go ahead of it.
      await doorTo(database).door.apply([failed], { source: "WEBHOOK" });
      const batch = [payoutEvent("t3", "SUCCESSFUL"), payoutEvent("t3", "FAILED"), payoutEvent("t2")];
      await Promise.all(batch.map((event) => store(Buffer.from(JSON.stringify(event)))));
      expect((await inboxOf(database)).slice(2).map(({ subject, state }) => [subject, state])).toEqual([
        ["t3", "RECEIVED"],
        ["t3", "RECEIVED"],
        ["t2", "APPLIED"],
      ]);
    });

    test("are stored all the same where one of them spoils what applies them", async () => {
      const database = await open();
      await beginPayouts(database, ["t1", "t2"]);
      await refuse(database, kind, "status_log", "entity_id", "payout-t2");
      const { store, calls } = storeOf(database, true);
      const events = [payoutEvent("t1"), payoutEvent("t2")];
      const answers = await Promise.all(events.map((event) => store(Buffer.from(JSON.stringify(event)))));
      expect(answers).toEqual([true, true]);
      expect(calls()).toBe(1);
      expect((await inboxOf(database)).map(({ state }) => state)).toEqual(["RECEIVED", "RECEIVED"]);
      expect((await statusesOf(database)).get("t1")).toBe("PENDING");
    });

    if (sharedKinds.includes(kind)) {
      test("at two nodes in two orders are each new once", async () => {
        const url = await newUrl();
        const nodes = [await open(url), await open(url)].map((each) => storeOf(each));
        const bodies = Array.from({ length: 100 }, (_, index) => collection(`e${index}`));
        const orders = [bodies, bodies.toReversed()];
        const answers = await Promise.all(nodes.map(({ store }, index) => Promise.all(orders[index]!.map(store))));
        const isNew = [answers[0]!, answers[1]!.toReversed()];
        expect(bodies.map((_, index) => isNew.filter((of) => of[index]).length)).toEqual(bodies.map(() => 1));
      });

      test("are applied where one of them fails, which is tried again alone", async () => {
        const databaseUrl = await newUrl();
        const database = await openTestDatabase(databaseUrl);
        const ids = Array.from({ length: 10 }, (_, index) => `t${index}`);
        await beginPayouts(database, ids);
        await refuse(database, kind, "status_log", "entity_id", "payout-t4");
        const running = await startTestGateway({ config: { databaseUrl }, sandbox: { signingSecret: secret } });
        const answers = await Promise.all(ids.map((id) => deliver({ ...running, secret }, payoutEvent(id))));
        expect(answers.map(({ status }) => status)).toEqual(ids.map(() => 200));
        const rows = await eventually(async () => {
          const found = await inboxOf(database);
          return found.filter(({ state }) => state === "APPLIED").length === 9 && found;
        });
        expect(rows.filter(({ state }) => state === "RECEIVED").map(({ subject }) => subject)).toEqual(["t4"]);
        const failing = await eventually(async () =>
          (await inboxOf(database)).find(({ attempts, state }) => state === "RECEIVED" && attempts > 1),
        );
        expect(failing.subject).toBe("t4");
        const statuses = await statusesOf(database);
        expect(ids.map((id) => statuses.get(id))).toEqual(ids.map((id) => (id === "t4" ? "PENDING" : "PROCESSING")));
      });
    }
  });
});

import { pino } from "pino";
import type { CustomerChange, DocumentChange, PayoutChange } from "../src/datasources/changes.js";
import { ChangeDoor } from "../src/mirror/apply-change.js";
import { UnknownSubject } from "../src/mirror/apply-context.js";
import { MismatchedPayout } from "../src/mirror/apply-payout-change.js";
import { InProcessWakeUps } from "../src/mirror/wake-ups.js";
import { customersByIds, customersPage } from "../src/store/customer.queries.js";
import type { Database } from "../src/store/database.js";
import { documentsByIds } from "../src/store/document.queries.js";
import { insertEvents } from "../src/store/inbox.queries.js";
import { insertIntent } from "../src/store/intent.queries.js";
import { payoutsByIds } from "../src/store/payout.queries.js";
import { logAfter, logHead } from "../src/store/status-log.queries.js";
import { everything } from "../src/store/visibility.js";
import { Metrics } from "../src/telemetry/metrics.js";
import { eventRow, intentRow } from "./support/stored-rows.js";
import { forEachDatabase } from "./support/test-databases.js";

function customerNews(news: Partial<CustomerChange> = {}): CustomerChange {
  return {
    kind: "customer",
    id: "c1",
    status: "PENDING",
    occurredAt: null,
    ...news,
    details: {
      type: "INDIVIDUAL",
      firstName: "Ada",
      lastName: "Obi",
      email: "ada@example.com",
      country: "NG",
      ...news.details,
    },
  };
}

function payoutNews(news: Partial<PayoutChange> = {}): PayoutChange {
  return {
    kind: "payout",
    payoutId: "p1",
    status: "SUBMITTING",
    ...news,
    details: { customerId: "c1", ...news.details },
  };
}

/** What a webhook knows of a payout: not the gateway's id. */
function payoutEvent(news: Partial<PayoutChange> = {}): PayoutChange {
  const { payoutId: _, ...event } = payoutNews({ transactionId: "t1", merchantReference: "gw-p1", ...news });
  return event;
}

function documentNews(news: Partial<DocumentChange> = {}): DocumentChange {
  return {
    kind: "document",
    id: "d1",
    customerId: "c1",
    status: "REQUESTED",
    details: { category: "IDENTITY" },
    ...news,
  };
}

const at = (ms: number) => new Date(1_773_412_200_000 + ms);

function doorTo(database: Database) {
  const wakeUps = new InProcessWakeUps();
  const metrics = new Metrics();
  const door = new ChangeDoor({ database, wakeUps, metrics, logger: pino({ level: "silent" }) });
  const announced: number[] = [];
  wakeUps.listen((position) => announced.push(position));
  const readLog = () => logAfter(database.db, 0, 1000, {}, everything);
  return {
    database,
    door,
    metrics,
    announced,
    readLog,
    apply: async (...changes: Parameters<ChangeDoor["apply"]>[0]) => door.apply(changes, { source: "WEBHOOK" }),
    verdictOf: async (change: Parameters<ChangeDoor["apply"]>[0][number]) =>
      (await door.apply([change], { source: "WEBHOOK" }))[0]?.verdict,
    customer: async (id = "c1") => (await customersByIds(database.db, [id], everything))[0]!,
    payout: async (id = "p1") => (await payoutsByIds(database.db, [id], everything))[0]!,
    document: async (id = "d1") => (await documentsByIds(database.db, [id], everything))[0]!,
    moves: async () => (await readLog()).map(({ from_status, to_status }) => `${from_status} ${to_status}`),
  };
}

forEachDatabase((name, open, newUrl) => {
  describe("a customer", () => {
    test("begins with its first news, and everything that was told of it", async () => {
      const { door, customer, readLog, announced } = doorTo(await open());
      const news = customerNews({
        status: "PROCESSING",
        occurredAt: at(5),
        reason: "why",
        details: { businessName: "Obi & Sons", createdAt: at(1) },
      });
      const [applied] = await door.apply([news], { source: "RECONCILIATION", tenant: "acme" });
      expect(applied).toEqual({
        entity: "CUSTOMER",
        entityId: "c1",
        verdict: "APPLY",
        from: null,
        to: "PROCESSING",
        position: 1,
      });
      expect(await customer()).toMatchObject({
        tenant: "acme",
        type: "INDIVIDUAL",
        first_name: "Ada",
        business_name: "Obi & Sons",
        search_text: "ada obi obi & sons ada@example.com",
        status: "PROCESSING",
        status_at: at(5).getTime(),
        created_at: at(1).getTime(),
        position: 1,
      });
      expect(await readLog()).toEqual([
        expect.objectContaining({
          position: 1,
          tenant: "acme",
          entity: "CUSTOMER",
          entity_id: "c1",
          customer_id: "c1",
          from_status: null,
          to_status: "PROCESSING",
          source: "RECONCILIATION",
          reason: "why",
          occurred_at: at(5).getTime(),
        }),
      ]);
      expect(announced).toEqual([1]);
    });

    test("cannot begin with news that does not say who it is", async () => {
      const { apply, readLog, announced } = doorTo(await open());
      const event = { ...customerNews({ status: "VERIFIED" }), details: { email: "ada@example.com" } };
      await expect(apply(event)).rejects.toBeInstanceOf(UnknownSubject);
      expect(await readLog()).toEqual([]);
      expect(announced).toEqual([]);
    });

    test("moves by the provider's clock: later news wins, repeated and older news changes nothing", async () => {
      const { apply, verdictOf, customer, moves, announced } = doorTo(await open());
      await apply(customerNews({ occurredAt: at(0) }));
      expect(await verdictOf(customerNews({ status: "VERIFIED", occurredAt: at(20) }))).toBe("APPLY");
      expect(await verdictOf(customerNews({ status: "VERIFIED", occurredAt: at(20) }))).toBe("SAME");
      expect(await verdictOf(customerNews({ status: "PROCESSING", occurredAt: at(10) }))).toBe("STALE");
      // The provider can open a verified customer again.
      expect(await verdictOf(customerNews({ status: "PENDING", occurredAt: at(30) }))).toBe("APPLY");
      expect(await customer()).toMatchObject({ status: "PENDING", status_at: at(30).getTime() });
      expect(await moves()).toEqual(["null PENDING", "PENDING VERIFIED", "VERIFIED PENDING"]);
      expect(announced).toEqual([1, 2, 3]);
    });

    test("ends alike whichever of two news of one instant comes first", async () => {
      const { apply, customer } = doorTo(await open());
      const two = (id: string) => [
        customerNews({ id, status: "PROCESSING", occurredAt: at(5) }),
        customerNews({ id, status: "VERIFIED", occurredAt: at(5) }),
      ];
      await apply(...two("c1"));
      await apply(...two("c2").reverse());
      expect((await customer("c1")).status).toBe("VERIFIED");
      expect((await customer("c2")).status).toBe("VERIFIED");
    });

    test("moves forward by news without a clock, which holds back no later news", async () => {
      const { apply, verdictOf, customer } = doorTo(await open());
      await apply(customerNews({ occurredAt: at(0) }));
      expect(await verdictOf(customerNews({ status: "PROCESSING", occurredAt: null }))).toBe("APPLY");
      expect(await verdictOf(customerNews({ status: "PENDING", occurredAt: null }))).toBe("STALE");
      expect(await customer()).toMatchObject({ status: "PROCESSING", status_at: at(0).getTime() });
      expect(await verdictOf(customerNews({ status: "REJECTED", occurredAt: at(1) }))).toBe("APPLY");
      expect(await customer()).toMatchObject({ status: "REJECTED", status_at: at(1).getTime() });
    });

    test("does not follow what the gateway inferred, where it moved meanwhile", async () => {
      const { apply, verdictOf, customer } = doorTo(await open());
      const [first] = await apply(customerNews({ status: "REJECTED", occurredAt: at(0) }));
      const inferred = customerNews({ status: "PROCESSING", ifUnmovedSince: first!.position! });
      await apply(customerNews({ status: "PENDING", occurredAt: at(10) }));
      expect(await verdictOf(inferred)).toBe("STALE");
      expect((await customer()).status).toBe("PENDING");
      const { position } = await customer();
      expect(await verdictOf({ ...inferred, ifUnmovedSince: position })).toBe("APPLY");
      expect((await customer()).status).toBe("PROCESSING");
    });

    test("takes over details with news of any status but old news, and is found by them", async () => {
      const { apply, customer, database, moves, announced } = doorTo(await open());
      await apply(customerNews({ occurredAt: at(10) }));
      const { updated_at } = await customer();
      await apply(customerNews({ occurredAt: at(11), details: { lastName: null, email: "Ada.New@example.com" } }));
      const renamed = await customer();
      expect(renamed).toMatchObject({ first_name: "Ada", last_name: null, email: "Ada.New@example.com" });
      expect(renamed.updated_at).toBeGreaterThanOrEqual(updated_at);
      await apply(customerNews({ occurredAt: at(9), details: { email: "old@example.com" } }));
      expect(await customer()).toMatchObject({ email: "Ada.New@example.com" });
      const search = (text: string) =>
        customersPage(database.db, { search: text }, { first: 5, after: null }, everything);
      expect(await search("ADA.NEW@")).toHaveLength(1);
      expect(await search("obi")).toHaveLength(0);
      expect(await moves()).toEqual(["null PENDING"]);
      expect(announced).toEqual([1]);
    });
  });

  describe("a payout", () => {
    test("begins with the gateway's own command or with a look-up, never with a webhook alone", async () => {
      const { apply, payout, readLog } = doorTo(await open());
      await apply(customerNews());
      await expect(apply(payoutEvent({ status: "PENDING" }))).rejects.toBeInstanceOf(UnknownSubject);
      await expect(apply(payoutEvent({ status: "PENDING", details: { customerId: "nobody" } }))).rejects.toBeInstanceOf(
        UnknownSubject,
      );
      expect(await readLog()).toHaveLength(1);
      await apply(payoutNews());
      expect(await payout()).toMatchObject({ status: "SUBMITTING", customer_id: "c1" });
      const [adopted] = await apply(payoutEvent({ transactionId: "t9", merchantReference: "other", isLookUp: true }));
      expect(await payout(adopted!.entityId)).toMatchObject({ transaction_id: "t9", merchant_reference: "other" });
    });

    describe("that the provider shows without a reference", () => {
      /** Payouts of one customer that were sent and whose responses were lost. */
      async function sent(database: Database, ...ids: string[]) {
        const { apply } = doorTo(database);
        await apply(customerNews());
        const command = JSON.stringify({
          customerId: "c1",
          walletId: "w1",
          sourceCurrency: "NGN",
          amount: { send: "5000.00" },
          destination: { kind: "ngnBank", bankId: "1", accountNumber: "0222500691" },
        });
        for (const id of ids) {
          await apply(payoutNews({ payoutId: id, merchantReference: `gw-${id}`, status: "UNCONFIRMED" }));
          const intent = intentRow({
            subject_id: id,
            command,
            state: "UNCONFIRMED",
            sendings: 1,
            sent_at: at(0).getTime(),
          });
          await database.transaction((tx) => insertIntent(tx, intent));
        }
      }

      const found = (amount = "5000", accountNumber = "222500691") =>
        payoutEvent({
          transactionId: "t9",
          merchantReference: null,
          status: "SUCCESSFUL",
          isLookUp: true,
          details: {
            createdAt: at(1_000),
            amount: { amount, currency: "NGN" },
            recipient: { accountNumber, amount: "4950", currency: "NGN" },
          },
        });

      test("is the customer's only one that it fits", async () => {
        const database = await open();
        const { apply, payout } = doorTo(database);
        await sent(database, "p1");
        await apply(found());
        expect(await payout()).toMatchObject({ transaction_id: "t9", status: "SUCCESSFUL" });
      });

      test("is none of two that it fits alike", async () => {
        const database = await open();
        await sent(database, "p1", "p2");
        await expect(doorTo(database).apply(found())).rejects.toBeInstanceOf(UnknownSubject);
      });

      test("is another one where it fits none", async () => {
        const database = await open();
        const { apply, payout } = doorTo(database);
        await sent(database, "p1");
        for (const other of [found("4999.99"), found("5000", "0222500692")]) {
          const [begun] = await apply({ ...other, transactionId: `t-${other.details.amount?.amount}` });
          expect(begun?.entityId).not.toBe("p1");
        }
        expect(await payout()).toMatchObject({ transaction_id: null, status: "UNCONFIRMED" });
      });
    });

    test("is known by its merchant reference before it has a transaction, and by either afterwards", async () => {
      const { apply, payout, moves } = doorTo(await open());
      await apply(customerNews(), payoutNews({ merchantReference: "gw-p1" }));
      await apply(payoutEvent({ status: "PENDING" }));
      expect(await payout()).toMatchObject({ transaction_id: "t1", status: "PENDING" });
      await apply(payoutEvent({ status: "PROCESSING", merchantReference: null }));
      await apply({ kind: "payout", merchantReference: "gw-p1", status: "SUCCESSFUL", details: {} });
      expect((await payout()).status).toBe("SUCCESSFUL");
      expect((await moves()).slice(1)).toEqual([
        "null SUBMITTING",
        "SUBMITTING PENDING",
        "PENDING PROCESSING",
        "PROCESSING SUCCESSFUL",
      ]);
    });

    test("refuses news of another transaction under its reference", async () => {
      const { apply, payout } = doorTo(await open());
      await apply(customerNews(), payoutNews({ merchantReference: "gw-p1", transactionId: "t1", status: "PENDING" }));
      const before = await payout();
      await expect(apply(payoutEvent({ transactionId: "t2", status: "FAILED" }))).rejects.toBeInstanceOf(
        MismatchedPayout,
      );
      expect(await payout()).toEqual(before);
    });

    test("keeps what it knows where two finals disagree, until a look-up settles it", async () => {
      const { apply, verdictOf, payout, readLog, metrics } = doorTo(await open());
      await apply(customerNews(), payoutNews({ merchantReference: "gw-p1", transactionId: "t1" }));
      await apply(payoutEvent({ status: "SUCCESSFUL" }));
      const before = await payout();
      const returned = payoutEvent({ status: "FAILED", reason: "Returned", details: { failureReason: "Returned" } });
      expect(await verdictOf(returned)).toBe("CONTRADICTION");
      expect(await payout()).toEqual(before);

      const kept = payoutEvent({ status: "SUCCESSFUL", isLookUp: true });
      expect(await verdictOf(kept)).toBe("SAME");
      expect(await verdictOf({ ...returned, isLookUp: true })).toBe("CORRECT");
      expect(await payout()).toMatchObject({ status: "FAILED", failure_reason: "Returned" });
      expect((await readLog()).at(-1)).toMatchObject({
        from_status: "SUCCESSFUL",
        to_status: "FAILED",
        reason: "Correction by the provider: Returned",
      });
      expect((await metrics.corrections.get()).values[0]?.value).toBe(1);
    });

    test("shows no failure any more where the provider took the failure back", async () => {
      const { apply, payout } = doorTo(await open());
      await apply(customerNews(), payoutNews({ merchantReference: "gw-p1", transactionId: "t1" }));
      await apply(payoutEvent({ status: "FAILED", reason: "Bank down", details: { failureReason: "Bank down" } }));
      expect(await payout()).toMatchObject({ status: "FAILED", failure_reason: "Bank down" });
      await apply(payoutEvent({ status: "SUCCESSFUL", isLookUp: true }));
      expect(await payout()).toMatchObject({ status: "SUCCESSFUL", failure_reason: null });
    });

    test("takes from late news only what it does not know yet", async () => {
      const { apply, payout, moves } = doorTo(await open());
      await apply(customerNews(), payoutNews({ merchantReference: "gw-p1", transactionId: "t1" }));
      const recipient = { accountName: "Jane Roe", amount: "19.60", currency: "CAD" };
      await apply(
        payoutEvent({ status: "SUCCESSFUL", details: { fee: { amount: "0.40", currency: "CAD" }, recipient } }),
      );
      await apply(
        payoutEvent({
          status: "PENDING",
          details: {
            fee: { amount: "9.99", currency: "CAD" },
            recipient: { accountName: "Old Name", email: "jane@example.com" },
            interacInstruction: { question: "What is the PIN?", answer: "1234" },
          },
        }),
      );
      const row = await payout();
      expect(row).toMatchObject({ status: "SUCCESSFUL", fee: "0.40", fee_currency: "CAD" });
      expect(JSON.parse(row.recipient!)).toEqual({ ...recipient, email: "jane@example.com" });
      expect(JSON.parse(row.interac_instruction!)).toEqual({ question: "What is the PIN?", answer: "1234" });
      expect((await moves()).at(-1)).toBe("SUBMITTING SUCCESSFUL");
    });

    test("keeps an amount and its currency together", async () => {
      const { apply, payout } = doorTo(await open());
      const amount = { amount: "9007199254740993.01", currency: "NGN" };
      await apply(customerNews(), payoutNews({ details: { amount } }));
      await apply(payoutNews({ status: "PENDING", details: { amount: null } }));
      expect(await payout()).toMatchObject({ amount: "9007199254740993.01", amount_currency: "NGN" });
      await apply(payoutNews({ status: "PENDING", details: { amount: { amount: "12.50", currency: "USD" } } }));
      expect(await payout()).toMatchObject({ amount: "12.50", amount_currency: "USD" });
    });
  });

  test("a document goes from stage to stage, and late news of an earlier one changes nothing", async () => {
    const { apply, document, moves, readLog } = doorTo(await open());
    await apply(customerNews(), documentNews({ details: { category: "IDENTITY", fileName: "a.png" } }));
    await apply(documentNews({ status: "UPLOADED", details: { size: 70, sha256: "ab" } }));
    await apply(documentNews({ status: "ATTACHED", details: {} }));
    const before = await document();
    expect(before).toMatchObject({ status: "ATTACHED", file_name: "a.png", size: 70, sha256: "ab" });
    await apply(documentNews({ status: "UPLOADED", details: { size: 1, sha256: "old" } }));
    expect(await document()).toEqual(before);
    expect((await moves()).slice(1)).toEqual(["null REQUESTED", "REQUESTED UPLOADED", "UPLOADED ATTACHED"]);
    expect((await readLog()).at(-1)).toMatchObject({ entity: "DOCUMENT", entity_id: "d1", customer_id: "c1" });
    const orphan = documentNews({ id: "d2", status: "UPLOADED", details: {} });
    await expect(apply(orphan)).rejects.toBeInstanceOf(UnknownSubject);
  });

  test("changes of one call and what is written beside them come together, or not at all", async () => {
    const { door, database, customer, readLog, announced } = doorTo(await open());
    const news = [customerNews(), customerNews({ status: "VERIFIED" })];
    const failing = door.apply(news, { source: "MUTATION" }, async (tx) => {
      await insertEvents(tx, [eventRow()]);
      throw new Error("on purpose");
    });
    await expect(failing).rejects.toThrow("on purpose");
    await expect(door.apply([...news, payoutEvent()], { source: "MUTATION" })).rejects.toBeInstanceOf(UnknownSubject);
    expect(await customer()).toBeUndefined();
    expect(await readLog()).toEqual([]);
    expect((await logHead(database.db)).position).toBe(0);
    expect(announced).toEqual([]);

    const applied = await door.apply(news, { source: "MUTATION" });
    expect(applied.map(({ position }) => position)).toEqual([1, 2]);
    // One wake-up for all of them: it only says that there is something.
    expect(announced).toEqual([2]);
  });

  test("news of one payout from many sides at once is applied once each", async () => {
    const url = await newUrl();
    const one = doorTo(await open(url));
    // Two nodes, where the engine can be shared.
    const other = name === "PostgreSQL" ? doorTo(await open(url)) : one;
    await one.apply(customerNews(), payoutNews({ merchantReference: "gw-p1", transactionId: "t1" }));
    const words = ["PENDING", "PROCESSING", "SUCCESSFUL"] as const;
    await Promise.all(
      Array.from({ length: 24 }, (_, index) =>
        [one, other][index % 2]!.apply(payoutEvent({ status: words[(index * 7) % 3]! })),
      ),
    );
    const moves = await one.moves();
    expect(moves.at(-1)).toMatch(/ SUCCESSFUL$/);
    expect(new Set(moves).size).toBe(moves.length);
    expect((await one.payout()).position).toBe(moves.length);
  });

  test("a customer that many sides meet first at once begins once", async () => {
    const url = await newUrl();
    const one = doorTo(await open(url));
    const other = name === "PostgreSQL" ? doorTo(await open(url)) : one;
    const applied = await Promise.all(
      Array.from({ length: 12 }, (_, index) => [one, other][index % 2]!.verdictOf(customerNews({ occurredAt: at(1) }))),
    );
    expect(applied.filter((verdict) => verdict === "APPLY")).toHaveLength(1);
    expect(await one.moves()).toEqual(["null PENDING"]);
  });

  test("calls that change several things at once never wait for each other forever", async () => {
    const url = await newUrl();
    const one = doorTo(await open(url));
    const other = name === "PostgreSQL" ? doorTo(await open(url)) : one;
    await one.apply(customerNews(), documentNews(), documentNews({ id: "d2" }));
    await Promise.all(
      Array.from({ length: 20 }, async (_, index) => {
        const { apply } = [one, other][index % 2]!;
        const review = customerNews({ status: index % 4 < 2 ? "PROCESSING" : "REJECTED", occurredAt: at(index) });
        const documents = [documentNews({ status: "UPLOADED" }), documentNews({ id: "d2", status: "ATTACHED" })];
        await apply(
          ...(index % 3 === 0 ? [review, ...documents] : index % 3 === 1 ? [...documents, review] : [review]),
        );
      }),
    );
    expect((await one.customer()).status_at).toBe(at(19).getTime());
    expect((await one.document("d2")).status).toBe("ATTACHED");
    const positions = (await one.readLog()).map(({ position }) => position);
    expect(positions).toEqual(positions.map((_, index) => index + 1));
  });
});

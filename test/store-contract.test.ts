// What the rest of the gateway relies on, the same on every engine.

import { sql } from "kysely";
import type { PayoutChange } from "../src/datasources/changes.js";
import { KnownPayouts } from "../src/mirror/known-payouts.js";
import { monotonicClock } from "../src/store/clock.js";
import {
  countCustomers,
  customersByIds,
  customersPage,
  insertCustomer,
  lockCustomer,
  unheardCustomers,
  updateCustomer,
} from "../src/store/customer.queries.js";
import { type Database, type Db, openDatabase, type Tx } from "../src/store/database.js";
import {
  documentsByIds,
  documentsOfCustomers,
  insertDocument,
  lockDocument,
  updateDocument,
} from "../src/store/document.queries.js";
import {
  claimEvents,
  contentsByKey,
  countEvents,
  dueEvents,
  endImplausibleWaits,
  insertEvents,
  type NewInboxRow,
  nextEventAt,
  openSubjects,
  settleEvent,
  settleEvents,
} from "../src/store/inbox.queries.js";
import {
  claimIntent,
  dueIntents,
  hasSubject,
  type IntentTurn,
  insertIntent,
  intentByKey,
  nextIntentIn,
  permitSending,
  renewIntent,
  reuseIntent,
  settleIntent,
} from "../src/store/intent.queries.js";
import { dropLease, holdLease } from "../src/store/lease.queries.js";
import type { PageKey } from "../src/store/page.js";
import {
  countPayouts,
  insertPayout,
  lockPayouts,
  payoutsByIds,
  payoutsByTransactionIds,
  payoutsPage,
  unheardPayouts,
  updatePayout,
} from "../src/store/payout.queries.js";
import { readSetting, writeSetting } from "../src/store/setting.queries.js";
import { LogAppender, lockLog, logAfter, logHead } from "../src/store/status-log.queries.js";
import type { IntentState } from "../src/store/tables.js";
import { everything } from "../src/store/visibility.js";
import { customerRow, documentRow, eventRow, intentRow, logEntry, payoutRow } from "./support/stored-rows.js";
import { administer, forEachDatabase } from "./support/test-databases.js";

const acme = { ...everything, tenant: "acme" };

async function appendToLog(tx: Tx, ...entries: ReturnType<typeof logEntry>[]): Promise<number> {
  const log = new LogAppender(tx, await lockLog(tx));
  let position = 0;
  for (const entry of entries) position = log.append(entry);
  await log.write();
  return position;
}

/** The database at a moment of its clock. */
const at = (database: Database, now: number): Database => ({
  ...database,
  clock: { ...database.clock, now: () => now, sqlNow: () => sql<number>`cast(${now} as bigint)` },
});

const ids = (rows: readonly { id: string | number }[]) => rows.map(({ id }) => id);

async function storeCustomers(database: Database, rows: Parameters<typeof customerRow>[0][]) {
  const stored = rows.map((row) => customerRow(row));
  await database.transaction(async (tx) => {
    for (const row of stored) await insertCustomer(tx, row);
  });
  return stored;
}

async function storePayouts(database: Database, rows: Parameters<typeof payoutRow>[0][]) {
  const stored = rows.map((row) => payoutRow(row));
  await database.transaction(async (tx) => {
    for (const row of stored) await insertPayout(tx, row);
  });
  return stored;
}

/** Stores the events in their order and answers their ids. */
async function insertAll(db: Db, rows: readonly NewInboxRow[]): Promise<number[]> {
  const stored: number[] = [];
  for (const row of rows) {
    await insertEvents(db, [row]);
    const { id } = await db
      .selectFrom("inbox")
      .where("dedupe_key", "=", row.dedupe_key)
      .select("id")
      .executeTakeFirstOrThrow();
    stored.push(id);
  }
  return stored;
}

/** All pages, one after the other, each from the last row of the one before. */
async function walk<T extends { id: string; created_at: number }>(
  first: number,
  readPage: (after: PageKey | null) => Promise<T[]>,
): Promise<string[]> {
  const seen: string[] = [];
  let after: PageKey | null = null;
  for (;;) {
    const rows: T[] = await readPage(after);
    const page = rows.slice(0, first);
    seen.push(...page.map(({ id }) => id));
    const last = page.at(-1);
    if (rows.length <= first || !last) return seen;
    after = { createdAt: last.created_at, id: last.id };
  }
}

forEachDatabase((name, open, newUrl) => {
  // What is in memory is one connection's own.
  const isShared = name !== "SQLite in memory";

  describe("migrations", () => {
    if (isShared) {
      test("a database that is opened again keeps its rows and the name of its log", async () => {
        const url = await newUrl();
        const first = await open(url);
        const [customer] = await storeCustomers(first, [{}]);
        const head = await logHead(first.db);
        await first.close();

        const second = await open(url);
        expect(await customersByIds(second.db, [customer!.id], everything)).toEqual([customer]);
        expect(await logHead(second.db)).toEqual(head);
      });
    }

    test("each database names its log differently", async () => {
      const [one, other] = [await open(), await open()];
      expect((await logHead(one.db)).log_id).not.toBe((await logHead(other.db)).log_id);
    });

    if (name === "PostgreSQL") {
      test("several nodes can start on an empty database at once", async () => {
        const url = await newUrl();
        const nodes = await Promise.all(Array.from({ length: 4 }, () => open(url)));
        const heads = await Promise.all(nodes.map((node) => logHead(node.db)));
        expect(new Set(heads.map(({ log_id }) => log_id)).size).toBe(1);
      });
    }

    test("a database that cannot be used is refused at the start", async () => {
      const url = name === "PostgreSQL" ? "postgres://nobody@127.0.0.1:1/nothing" : "sqlite:/dev/null/gateway.db";
      await expect(openDatabase(url)).rejects.toThrow();
    });
  });

  describe("customers", () => {
    test("are found by their ids, by whoever may see them", async () => {
      const { db, ...database } = await open();
      const [mine, theirs] = await storeCustomers({ db, ...database }, [{ tenant: "acme" }, { tenant: "other" }]);
      const wanted = [mine!.id, theirs!.id, "nobody"];
      expect(ids(await customersByIds(db, wanted, acme))).toEqual([mine!.id]);
      expect(ids(await customersByIds(db, wanted, everything)).sort()).toEqual([mine!.id, theirs!.id].sort());
    });

    test("an id is taken once: the second row with it changes nothing", async () => {
      const database = await open();
      const [first] = await storeCustomers(database, [{ first_name: "Ada" }]);
      const isNew = await database.transaction((tx) => insertCustomer(tx, { ...first!, first_name: "Eve" }));
      expect(isNew).toBe(false);
      expect(await customersByIds(database.db, [first!.id], everything)).toEqual([first]);
    });

    test("an update changes the columns that it names, of that customer", async () => {
      const database = await open();
      const [one, other] = await storeCustomers(database, [{}, {}]);
      const read = await database.transaction(async (tx) => {
        await updateCustomer(tx, one!.id, { status: "VERIFIED", status_at: 7, business_name: "Obi Ltd" });
        return lockCustomer(database, tx, one!.id);
      });
      expect(read).toEqual({ ...one, status: "VERIFIED", status_at: 7, business_name: "Obi Ltd" });
      expect(await customersByIds(database.db, [other!.id], everything)).toEqual([other]);
      expect(await database.transaction((tx) => lockCustomer(database, tx, "nobody"))).toBeUndefined();
    });

    test("are listed newest first, and pages meet without a gap or a repeat where many were made at once", async () => {
      const database = await open();
      const rows = await storeCustomers(
        database,
        Array.from({ length: 11 }, (_, index) => ({ id: `c${index}`, tenant: "acme", created_at: 100 + (index % 3) })),
      );
      await storeCustomers(database, [{ id: "c-other", tenant: "other", created_at: 101 }]);
      const newestFirst = ids(rows.toSorted((a, b) => b.created_at - a.created_at || (a.id < b.id ? 1 : -1)));
      for (const first of [1, 2, 5, 11, 50]) {
        const seen = await walk(first, (after) => customersPage(database.db, {}, { first, after }, acme));
        expect(seen).toEqual(newestFirst);
      }
      const page = await customersPage(database.db, {}, { first: 4, after: null }, acme);
      expect(page).toHaveLength(5);
    });

    test("are narrowed by status and type, and counted as they are listed", async () => {
      const database = await open();
      const [pending, verified, business] = await storeCustomers(database, [
        { status: "PENDING", created_at: 1 },
        { status: "VERIFIED", created_at: 2 },
        { status: "VERIFIED", type: "BUSINESS", created_at: 3, tenant: "acme" },
      ]);
      const cases = [
        [{}, everything, [business, verified, pending]],
        [{ status: ["VERIFIED"] }, everything, [business, verified]],
        [{ status: ["VERIFIED", "PENDING"], type: "INDIVIDUAL" }, everything, [verified, pending]],
        [{ status: [] }, everything, []],
        [{ status: null, type: null, search: null }, acme, [business]],
      ] as const;
      for (const [search, visibility, expected] of cases) {
        const rows = await customersPage(database.db, search, { first: 10, after: null }, visibility);
        expect(ids(rows)).toEqual(expected.map((row) => row!.id));
        expect(await countCustomers(database.db, search, visibility)).toBe(expected.length);
      }
    });

    test("in review are given by how long nothing was heard of them", async () => {
      const database = await open();
      const [, late, early] = await storeCustomers(database, [
        { status: "PENDING", as_of: 1 },
        { status: "PROCESSING", as_of: 20 },
        { status: "PROCESSING", as_of: 10 },
        { status: "PROCESSING", as_of: 30 },
      ]);
      expect(ids(await unheardCustomers(database.db, 30, 10))).toEqual([early!.id, late!.id]);
      expect(ids(await unheardCustomers(database.db, 30, 1))).toEqual([early!.id]);
    });

    test("search takes every letter as itself, in either case", async () => {
      const database = await open();
      const texts = ["100% cotton ltd", "100 percent ltd", "a_b ltd", "axb ltd", "back\\slash", "zoë çelik", "o'neil"];
      await storeCustomers(
        database,
        texts.map((search_text) => ({ id: search_text, search_text })),
      );
      const cases: [string, string[]][] = [
        ["100%", ["100% cotton ltd"]],
        ["%", ["100% cotton ltd"]],
        ["a_b", ["a_b ltd"]],
        ["_", ["a_b ltd"]],
        ["\\", ["back\\slash"]],
        ["\\%", []],
        ["LTD", ["100 percent ltd", "100% cotton ltd", "a_b ltd", "axb ltd"]],
        ["ZOË Ç", ["zoë çelik"]],
        ["O'N", ["o'neil"]],
        ["' or 1=1 --", []],
      ];
      for (const [search, expected] of cases) {
        const rows = await customersPage(database.db, { search }, { first: 10, after: null }, everything);
        expect([search, ids(rows).sort()]).toEqual([search, expected]);
        expect(await countCustomers(database.db, { search }, everything)).toBe(expected.length);
      }
    });
  });

  describe("documents", () => {
    test("are found by id and by customer, oldest first, by whoever may see them", async () => {
      const database = await open();
      const [one, other] = await storeCustomers(database, [{ tenant: "acme" }, {}]);
      const rows = [
        documentRow({ customer_id: one!.id, tenant: "acme", created_at: 3 }),
        documentRow({ customer_id: one!.id, tenant: "acme", created_at: 1 }),
        documentRow({ customer_id: other!.id, created_at: 2 }),
      ];
      await database.transaction(async (tx) => {
        for (const row of rows) expect(await insertDocument(tx, row)).toBe(true);
        expect(await insertDocument(tx, rows[0]!)).toBe(false);
      });
      const [late, early, foreign] = ids(rows);
      const both = [one!.id, other!.id];
      expect(ids(await documentsOfCustomers(database.db, both, everything))).toEqual([early, foreign, late]);
      expect(ids(await documentsOfCustomers(database.db, both, acme))).toEqual([early, late]);
      expect(ids(await documentsByIds(database.db, ids(rows) as string[], acme)).sort()).toEqual([early, late].sort());
    });

    test("an update changes what it names", async () => {
      const database = await open();
      const [customer] = await storeCustomers(database, [{}]);
      const row = documentRow({ customer_id: customer!.id });
      const read = await database.transaction(async (tx) => {
        await insertDocument(tx, row);
        await updateDocument(tx, row.id, { status: "UPLOADED", size: 10_485_760, sha256: "ab" });
        return lockDocument(database, tx, row.id);
      });
      expect(read).toEqual({ ...row, status: "UPLOADED", size: 10_485_760, sha256: "ab" });
    });
  });

  describe("payouts", () => {
    test("are found by id and by transaction, by whoever may see them", async () => {
      const database = await open();
      const [customer] = await storeCustomers(database, [{}]);
      const [mine, theirs] = await storePayouts(database, [
        { customer_id: customer!.id, tenant: "acme", transaction_id: "t1" },
        { customer_id: customer!.id, tenant: "other", transaction_id: "t2" },
      ]);
      const wanted = [mine!.id, theirs!.id];
      expect(await payoutsByIds(database.db, wanted, acme)).toEqual([mine]);
      expect(ids(await payoutsByIds(database.db, wanted, everything)).sort()).toEqual(wanted.toSorted());
      expect(await payoutsByTransactionIds(database.db, ["t1", "t2", "t3"], acme)).toEqual([mine]);
      expect(ids(await payoutsByTransactionIds(database.db, ["t2"], everything))).toEqual([theirs!.id]);
    });

    test("are named by the gateway's id, then by the merchant reference, then by the transaction", async () => {
      const database = await open();
      const [customer] = await storeCustomers(database, [{}]);
      const [one, other] = await storePayouts(database, [
        { customer_id: customer!.id, merchant_reference: "m1", transaction_id: "t1" },
        { customer_id: customer!.id, merchant_reference: "m2", transaction_id: "t2" },
      ]);
      const news = (names: Partial<PayoutChange>): PayoutChange => ({ kind: "payout", details: {}, ...names });
      const all = [
        news({ payoutId: one!.id, merchantReference: "m2", transactionId: "t2" }),
        news({ payoutId: "nothing", merchantReference: "m2", transactionId: "t1" }),
        news({ merchantReference: null, transactionId: "t1" }),
        news({ merchantReference: "m3", transactionId: "t3" }),
        news({}),
      ];
      const named = [one!.id, other!.id, one!.id, undefined, undefined];
      for (const isReadAhead of [false, true]) {
        const taken = await database.transaction(async (tx) => {
          const payouts = new KnownPayouts(database, tx);
          if (isReadAhead) await payouts.readAhead(all);
          const rows: (string | undefined)[] = [];
          for (const change of all) rows.push((await payouts.take(change))?.id);
          return rows;
        });
        expect(taken).toEqual(named);
      }
      const [first, second] = await database.transaction((tx) =>
        lockPayouts(database, tx, "transaction_id", ["t2", "t1"]),
      );
      expect(new Set([first?.id, second?.id])).toEqual(new Set([one!.id, other!.id]));
    });

    test("an id, a transaction and a merchant reference belong to one payout each", async () => {
      const database = await open();
      const [customer] = await storeCustomers(database, [{}]);
      const customer_id = customer!.id;
      const [first] = await storePayouts(database, [{ customer_id, merchant_reference: "m1", transaction_id: "t1" }]);
      const rivals = [
        payoutRow({ customer_id, id: first!.id }),
        payoutRow({ customer_id, merchant_reference: "m1" }),
        payoutRow({ customer_id, transaction_id: "t1" }),
      ];
      for (const rival of rivals) {
        expect(await database.transaction((tx) => insertPayout(tx, rival))).toBe(false);
      }
      expect(await countPayouts(database.db, {}, everything)).toBe(1);
      // What is not known yet is no handle: many payouts wait for theirs.
      await storePayouts(database, [{ customer_id }, { customer_id }]);
      expect(await countPayouts(database.db, {}, everything)).toBe(3);
    });

    test("are narrowed by each part of a filter, and counted as they are listed", async () => {
      const database = await open();
      const [ada, bob] = await storeCustomers(database, [{}, {}]);
      const [first, second, third] = await storePayouts(database, [
        { customer_id: ada!.id, created_at: 1000, status: "FAILED", wallet_id: "w1", amount_currency: "NGN" },
        { customer_id: bob!.id, created_at: 2000, status: "PENDING", wallet_id: "w2", amount_currency: "CAD" },
        { customer_id: bob!.id, created_at: 3000, status: "SUCCESSFUL", wallet_id: "w2", tenant: "acme" },
      ]);
      const cases = [
        [{}, [third, second, first]],
        [{ status: ["FAILED", "PENDING"] }, [second, first]],
        [{ status: [] }, []],
        [{ customerId: bob!.id }, [third, second]],
        [{ walletId: "w1" }, [first]],
        [{ currency: "CAD" }, [second]],
        [{ createdFrom: new Date(2000) }, [third, second]],
        [{ createdTo: new Date(2000) }, [first]],
        [{ createdFrom: new Date(1000), createdTo: new Date(3000), customerId: bob!.id }, [second]],
      ] as const;
      for (const [search, expected] of cases) {
        const rows = await payoutsPage(database.db, search, { first: 10, after: null }, everything);
        expect(ids(rows)).toEqual(expected.map((row) => row!.id));
        expect(await countPayouts(database.db, search, everything)).toBe(expected.length);
      }
      expect(ids(await payoutsPage(database.db, {}, { first: 10, after: null }, acme))).toEqual([third!.id]);
      expect(await countPayouts(database.db, {}, acme)).toBe(1);
      const seen = await walk(1, (after) => payoutsPage(database.db, {}, { first: 1, after }, everything));
      expect(seen).toEqual([third!.id, second!.id, first!.id]);
    });

    test("on their way are given by how long nothing was heard of them", async () => {
      const database = await open();
      const [customer] = await storeCustomers(database, [{}]);
      const customer_id = customer!.id;
      const statuses = ["SUBMITTING", "UNCONFIRMED", "PENDING", "PROCESSING", "SUCCESSFUL", "FAILED"] as const;
      const stored = await storePayouts(
        database,
        statuses.map((status, index) => ({ customer_id, status, as_of: 100 - index })),
      );
      const [pending, processing] = [stored[2]!.id, stored[3]!.id];
      expect(ids(await unheardPayouts(database.db, 99, 10))).toEqual([processing, pending]);
      expect(ids(await unheardPayouts(database.db, 98, 10))).toEqual([processing]);
    });

    test("amounts come out as the text that went in", async () => {
      const database = await open();
      const [customer] = await storeCustomers(database, [{}]);
      const amounts = ["0.1", "612.88", "20.0", "9007199254740993.01", "0.000000000000000001", "1e3", "007"];
      const stored = await storePayouts(
        database,
        amounts.map((amount) => ({ customer_id: customer!.id, amount, fee: amount, rate: amount })),
      );
      for (const [index, row] of stored.entries()) {
        const [read] = await payoutsByIds(database.db, [row.id], everything);
        expect(read).toMatchObject({ amount: amounts[index], fee: amounts[index], rate: amounts[index] });
      }
    });

    test("texts in any script come out as they went in", async () => {
      const database = await open();
      const [customer] = await storeCustomers(database, [{}]);
      const note = "Ünïcødé 漢字 👩‍👩‍👧 \u202e' \" \\ % _ \n\t$1 ?";
      const [stored] = await storePayouts(database, [{ customer_id: customer!.id, note }]);
      await database.transaction((tx) => updatePayout(tx, stored!.id, { failure_reason: note }));
      const [read] = await payoutsByIds(database.db, [stored!.id], everything);
      expect(read).toMatchObject({ note, failure_reason: note });
    });

    test("a text with a NUL in it breaks nothing: it is looked for, and kept, in some readable way", async () => {
      const database = await open();
      const [customer] = await storeCustomers(database, [{}]);
      const [stored] = await storePayouts(database, [
        { customer_id: customer!.id, note: "a\0b", transaction_id: "t\0" },
      ]);
      const [read] = await payoutsByIds(database.db, [stored!.id, "\0"], everything);
      expect(read?.note).toMatch(/^a[\0\ufffd]b$/);
      expect(ids(await payoutsByTransactionIds(database.db, ["t\0"], everything))).toEqual([stored!.id]);
    });

    test("the largest positions and instants come out exactly", async () => {
      const database = await open();
      const latest = 8_640_000_000_000_000;
      const big = { position: Number.MAX_SAFE_INTEGER, created_at: latest, updated_at: latest, as_of: latest };
      const [customer] = await storeCustomers(database, [{ ...big, status_at: latest }]);
      const [read] = await customersByIds(database.db, [customer!.id], everything);
      expect(read).toEqual(customer);
      const after = { createdAt: latest, id: customer!.id };
      expect(await customersPage(database.db, {}, { first: 1, after }, everything)).toEqual([]);
      const before = { createdAt: latest, id: `${customer!.id}z` };
      expect(ids(await customersPage(database.db, {}, { first: 1, after: before }, everything))).toEqual([
        customer!.id,
      ]);
    });
  });

  describe("the status log", () => {
    test("gives entries after a position, oldest first, of whom and what was asked for", async () => {
      const database = await open();
      const entries = [
        logEntry({ entity_id: "a", customer_id: "a" }),
        logEntry({ entity_id: "b", customer_id: "b", tenant: "acme" }),
        logEntry({ entity: "PAYOUT", entity_id: "p", customer_id: "a", to_status: "SUBMITTING" }),
        logEntry({ entity: "PAYOUT", entity_id: "a", customer_id: "b", to_status: "SUBMITTING", reason: "why" }),
      ];
      for (const [index, entry] of entries.entries()) {
        expect(await database.transaction((tx) => appendToLog(tx, entry))).toBe(index + 1);
      }
      const read = async (...[after, limit, filter, visibility]: ParametersAfterDb) =>
        (await logAfter(database.db, after, limit, filter, visibility)).map(({ position }) => position);
      expect(await read(0, 10, {}, everything)).toEqual([1, 2, 3, 4]);
      expect(await read(2, 1, {}, everything)).toEqual([3]);
      expect(await read(4, 10, {}, everything)).toEqual([]);
      expect(await read(0, 10, {}, acme)).toEqual([2]);
      expect(await read(0, 10, { customerId: "a" }, everything)).toEqual([1, 3]);
      expect(await read(0, 10, { entity: { kind: "CUSTOMER", id: "a" } }, everything)).toEqual([1]);
      expect(await read(0, 10, { customerId: "b", entity: { kind: "PAYOUT", id: "a" } }, everything)).toEqual([4]);
      expect((await logAfter(database.db, 3, 1, {}, everything))[0]).toEqual({ ...entries[3], position: 4 });
      expect((await logHead(database.db)).position).toBe(4);
    });

    test("more entries of one transaction than one statement holds follow each other", async () => {
      const database = await open();
      const entries = Array.from({ length: 2_500 }, (_, index) => logEntry({ entity_id: String(index) }));
      expect(await database.transaction((tx) => appendToLog(tx, ...entries))).toBe(2_500);
      const rows = await logAfter(database.db, 0, 3_000, {}, everything);
      expect(rows.map(({ position, entity_id }) => [position, entity_id])).toEqual(
        entries.map(({ entity_id }, index) => [index + 1, entity_id]),
      );
    });

    test("twenty transactions at once leave no gap, and a reader that polls never skips one", async () => {
      const url = await newUrl();
      const writers = [await open(url)];
      if (name === "PostgreSQL") writers.push(await open(url));
      const reader = name === "SQLite in memory" ? writers[0]! : await open(url);
      const rounds = 5;
      const total = 20 * rounds;

      const write = async (index: number) => {
        const { transaction } = writers[index % writers.length]!;
        for (let round = 0; round < rounds; round += 1) {
          await transaction(async (tx) => {
            await appendToLog(tx, logEntry({ entity_id: `${index}-${round}` }));
            // Some commit long after they have their position.
            for (let turn = 0; turn < (index % 4) * 3; turn += 1) await new Promise(setImmediate);
          });
        }
      };
      const follow = async () => {
        const seen: number[] = [];
        while (seen.length < total) {
          const rows = await logAfter(reader.db, seen.at(-1) ?? 0, 1000, {}, everything);
          seen.push(...rows.map(({ position }) => position));
          await new Promise(setImmediate);
        }
        return seen;
      };
      const [seen] = await Promise.all([follow(), ...Array.from({ length: 20 }, (_, index) => write(index))]);
      expect(seen).toEqual(Array.from({ length: total }, (_, index) => index + 1));
    });

    test("a transaction that fails takes its position back", async () => {
      const database = await open();
      await database.transaction((tx) => appendToLog(tx, logEntry()));
      const failing = database.transaction(async (tx) => {
        await appendToLog(tx, logEntry());
        throw new Error("on purpose");
      });
      await expect(failing).rejects.toThrow("on purpose");
      expect((await logHead(database.db)).position).toBe(1);
      expect(await database.transaction((tx) => appendToLog(tx, logEntry()))).toBe(2);
    });
  });

  describe("intents", () => {
    test("a key is taken once in each tenant and operation", async () => {
      const { db, transaction } = await open();
      const intent = intentRow({ idempotency_key: "k1" });
      const take = (row: typeof intent) => transaction((tx) => insertIntent(tx, row));
      expect(await take(intent)).toBe(true);
      expect(await take(intentRow({ idempotency_key: "k1", fingerprint: "f2" }))).toBe(false);
      expect(await take(intentRow({ idempotency_key: "k1", tenant: "acme" }))).toBe(true);
      expect(await take(intentRow({ idempotency_key: "k1", operation: "createCustomer" }))).toBe(true);
      expect(await take(intentRow({ idempotency_key: "K1" }))).toBe(true);
      expect(await intentByKey(db, "operator", "createPayout", "k1")).toMatchObject({ id: intent.id, fence: 0 });
      expect(await intentByKey(db, "other", "createPayout", "k1")).toBeUndefined();
    });

    test("of many callers with one key at once, one takes it", async () => {
      const { db, transaction } = await open();
      const takings = Array.from({ length: 8 }, () =>
        transaction((tx) => insertIntent(tx, intentRow({ idempotency_key: "k1" }))),
      );
      const taken = await Promise.all(takings);
      expect(taken.filter(Boolean)).toHaveLength(1);
      expect(await intentByKey(db, "operator", "createPayout", "k1")).toBeDefined();
    });

    test("of many senders at once, one claims an intent, until its lease ends", async () => {
      const database = await open();
      const intent = intentRow();
      await database.transaction((tx) => insertIntent(tx, intent));
      const claim = (now: number, from: IntentState[] = ["OPEN"]) =>
        claimIntent(at(database, now), intent.id, from, 500, "SENDING");
      const claims = await Promise.all(Array.from({ length: 8 }, () => claim(1000)));
      expect(claims.filter((row) => row !== null)).toEqual([
        expect.objectContaining({ id: intent.id, state: "SENDING", fence: 1, lease_until: 1500 }),
      ]);
      expect(await claim(1499, ["SENDING"])).toBeNull();
      expect(await claim(1500, ["OPEN", "UNCONFIRMED"])).toBeNull();
      expect(await claim(1500, ["SENDING"])).toMatchObject({ fence: 2, lease_until: 2000 });
    });

    test("a lease that a clock which was an hour ahead has written holds nobody up", async () => {
      const database = await open();
      const intent = intentRow({ lease_until: 3_600_500, next_attempt_at: 3_601_000 });
      await database.transaction((tx) => insertIntent(tx, intent));
      expect(ids(await dueIntents(at(database, 1000), "createPayout", 10))).toEqual([intent.id]);
      expect(await claimIntent(at(database, 1000), intent.id, ["OPEN"], 500)).toMatchObject({ lease_until: 1500 });
    });

    test("only the sender that holds its lease, of a payout that nobody else has moved, is permitted to send", async () => {
      const database = await open();
      const customer = customerRow();
      const payout = payoutRow({ customer_id: customer.id, status: "SUBMITTING" });
      const intent = intentRow({ subject_id: payout.id });
      await database.transaction(async (tx) => {
        await insertCustomer(tx, customer);
        await insertPayout(tx, payout);
        await insertIntent(tx, intent);
      });
      const permit = (turn: IntentTurn, now: number) => permitSending(at(database, now), turn, 500);
      const claim = async (now: number) =>
        (await claimIntent(at(database, now), intent.id, ["OPEN"], 500)) as IntentTurn;
      const first = await claim(1000);
      expect(await permit(first, 1500)).toBe(false);
      const second = await claim(1500);
      expect(await permit(first, 1600)).toBe(false);
      await database.transaction((tx) => updatePayout(tx, payout.id, { status: "PENDING" }));
      expect(await permit(second, 1600)).toBe(false);
      await database.transaction((tx) => updatePayout(tx, payout.id, { status: "SUBMITTING" }));
      expect(await permit(second, 1600)).toBe(true);
      expect(await permit(second, 1600)).toBe(false);
      expect(await intentByKey(database.db, intent.tenant, intent.operation, intent.idempotency_key)).toMatchObject({
        state: "SENDING",
        sendings: 1,
        sent_at: 1600,
        lease_until: 2100,
      });
    });

    test("a sender that was overtaken can neither settle the intent nor keep it", async () => {
      const database = await open();
      const { db, transaction } = database;
      const intent = intentRow();
      await transaction((tx) => insertIntent(tx, intent));
      const read = () => intentByKey(db, intent.tenant, intent.operation, intent.idempotency_key);
      const slow = await claimIntent(at(database, 1000), intent.id, ["OPEN"], 500, "SENDING");
      const quick = await claimIntent(at(database, 1500), intent.id, ["SENDING"], 500);
      expect(await settleIntent(db, slow!, { state: "DONE", subject_id: "wrong" }, 1)).toBe(false);
      expect(await renewIntent(at(database, 1600), slow!, 500)).toBe(false);
      expect(await read()).toMatchObject({ state: "SENDING", subject_id: null, lease_until: 2000 });
      expect(await renewIntent(at(database, 1900), quick!, 600)).toBe(true);
      expect(await settleIntent(db, quick!, { state: "DONE", subject_id: "p1" }, 1)).toBe(true);
      expect(await read()).toMatchObject({ state: "DONE", subject_id: "p1", lease_until: 0 });
      expect(await hasSubject(db, "createPayout", "p1")).toBe(true);
      expect(await hasSubject(db, "createCustomer", "p1")).toBe(false);
    });

    test("a key is used again only where its first use was proven to have done nothing", async () => {
      const { db, transaction } = await open();
      const intent = intentRow({ idempotency_key: "k1" });
      const key = { tenant: "operator", operation: "createPayout" as const, idempotency_key: "k1" };
      await transaction((tx) => insertIntent(tx, intent));
      const use = {
        fingerprint: "f2",
        command: "{}",
        subject_id: "p2",
        next_attempt_at: 7,
        lease_until: 0,
        trace_parent: null,
        updated_at: 8,
      };
      const reuse = () => transaction((tx) => reuseIntent(tx, key, use));
      for (const state of ["OPEN", "SENDING", "UNCONFIRMED", "DONE", "REFUSED"] as const) {
        await settleIntent(db, { id: intent.id, fence: 0 }, { state }, 1);
        expect([state, await reuse()]).toEqual([state, null]);
      }
      await settleIntent(db, { id: intent.id, fence: 0 }, { state: "RELEASED" }, 1);
      const reused = await Promise.all(Array.from({ length: 4 }, reuse));
      expect(ids(reused.filter((row) => row !== null))).toEqual([intent.id]);
      expect(await intentByKey(db, "operator", "createPayout", "k1")).toMatchObject({ ...use, state: "OPEN" });
    });

    test("those that nobody works on come up when they are due", async () => {
      const database = await open();
      const { transaction } = database;
      const rows = [
        intentRow({ state: "OPEN", next_attempt_at: 20 }),
        intentRow({ state: "UNCONFIRMED", next_attempt_at: 10 }),
        intentRow({ state: "SENDING", next_attempt_at: 5, lease_until: 40 }),
        intentRow({ state: "DONE", next_attempt_at: 1 }),
        intentRow({ state: "OPEN", next_attempt_at: 1, operation: "createCustomer" }),
      ];
      await transaction(async (tx) => {
        for (const row of rows) await insertIntent(tx, row);
      });
      const [open1, unconfirmed, sending] = ids(rows);
      const due = async (now: number, limit = 10) => ids(await dueIntents(at(database, now), "createPayout", limit));
      expect(await due(9)).toEqual([]);
      expect(await due(20)).toEqual([unconfirmed, open1]);
      expect(await due(20, 1)).toEqual([unconfirmed]);
      expect(await due(40)).toEqual([sending, unconfirmed, open1]);
      expect(await nextIntentIn(at(database, 3), "createPayout")).toBe(7);
      expect(await nextIntentIn(at(database, 3), "createCustomer")).toBe(-2);
    });
  });

  describe("the inbox", () => {
    test("keeps an event once, and the same event with other content beside it", async () => {
      const { db } = await open();
      const event = eventRow({ dedupe_key: "e1", content_hash: "h1" });
      const other = { ...event, content_hash: "h2" };
      const store = async (rows: Parameters<typeof insertEvents>[1]) => [...(await insertEvents(db, rows)).keys()];
      expect(await store([])).toEqual([]);
      expect(await store([event])).toEqual(["h1"]);
      expect(await store([{ ...event, raw_body: "repeated" }])).toEqual([]);
      expect((await store([event, other, eventRow({ content_hash: "h3" })])).sort()).toEqual(["h2", "h3"]);
      expect(await contentsByKey(db, ["e1", "e2"])).toEqual(
        new Map([
          ["e1", new Set(["h1", "h2"])],
          ["e2", new Set()],
        ]),
      );
      expect(await countEvents(db, "RECEIVED")).toBe(3);
    });

    test("tells which subjects have an event that is still to be applied", async () => {
      const { db, transaction } = await open();
      const ids = await insertEvents(
        db,
        ["s1", "s2", "s3"].map((subject) => eventRow({ subject, dedupe_key: subject, content_hash: subject })),
      );
      await settleEvent(db, ids.get("s2") as number, { state: "APPLIED", reason: null }, 1);
      const waiting = await transaction((tx) => openSubjects(tx, ["s1", "s2", "s4"]));
      expect(waiting).toEqual(new Set(["s1"]));
      expect(await transaction((tx) => openSubjects(tx, []))).toEqual(new Set());
    });

    test("of many deliveries of one event at once, one is kept", async () => {
      const { db, transaction } = await open();
      const event = eventRow();
      const kept = await Promise.all(Array.from({ length: 8 }, () => transaction((tx) => insertEvents(tx, [event]))));
      expect(kept.filter(({ size }) => size > 0)).toHaveLength(1);
      expect(await countEvents(db, "RECEIVED")).toBe(1);
    });

    test("gives what is due, the longest due first, until it is settled", async () => {
      const { db } = await open();
      const [first, second, third, later] = await insertAll(
        db,
        [30, 10, 20, 99].map((next_attempt_at) => eventRow({ next_attempt_at })),
      );
      const due = async (now: number, limit = 10) => ids(await dueEvents(db, now, limit));
      expect(await due(30)).toEqual([second, third, first]);
      expect(await due(30, 2)).toEqual([second, third]);
      expect(await due(9)).toEqual([]);
      expect(await nextEventAt(db, 9)).toBe(10);

      await settleEvent(db, second!, { state: "PARKED", reason: "why" }, 1);
      await settleEvent(db, first!, { state: "RECEIVED", attempts: 1, next_attempt_at: 60, reason: "later" }, 1);
      expect(await due(30)).toEqual([third]);
      expect(await due(60)).toEqual([third, first]);
      await db.transaction().execute(async (tx) => {
        await settleEvents(tx, [first!], "APPLIED", 1);
        await settleEvents(tx, [third!], "IGNORED", 1);
        await settleEvents(tx, [], "APPLIED", 1);
      });
      expect(await nextEventAt(db, 60)).toBe(99);
      await settleEvent(db, later!, { state: "APPLIED", reason: null }, 1);
      expect(await nextEventAt(db, 60)).toBeNull();
      expect(await countEvents(db, "APPLIED")).toBe(2);
      expect(await countEvents(db, "IGNORED")).toBe(1);
      expect(await countEvents(db, "PARKED")).toBe(1);
    });

    test("of many workers at once, one takes an event, until its lease ends", async () => {
      const { db } = await open();
      const [id, other] = (await insertAll(db, [
        eventRow({ next_attempt_at: 0 }),
        eventRow({ next_attempt_at: 0 }),
      ])) as [number, number];
      const claims = await Promise.all(Array.from({ length: 8 }, () => claimEvents(db, [id], 1000, 500)));
      expect(claims.filter((claimed) => claimed.has(id))).toHaveLength(1);
      expect(await claimEvents(db, [id, other], 1000, 400)).toEqual(new Set([other]));
      expect(await dueEvents(db, 1399, 10)).toEqual([]);
      expect(await nextEventAt(db, 1399)).toBe(1400);
      expect(ids(await dueEvents(db, 1500, 10))).toEqual([id, other]);
      await settleEvent(db, id, { state: "APPLIED", reason: null }, 1);
      expect(await claimEvents(db, [id], 9000, 500)).toEqual(new Set());
    });

    test("an event waits for the earlier ones of its subject, and wakes nobody meanwhile", async () => {
      const { db } = await open();
      const [earlier, later, other, nobody] = (await insertAll(
        db,
        ["s1", "s1", "s2", null].map((subject) => eventRow({ subject, next_attempt_at: 10 })),
      )) as [number, number, number, number];
      const due = async () => ids(await dueEvents(db, 20, 10));
      expect(await due()).toEqual([earlier, other, nobody]);

      await settleEvent(db, other, { state: "APPLIED", reason: null }, 1);
      await settleEvent(db, nobody, { state: "IGNORED", reason: null }, 1);
      await settleEvent(db, earlier, { state: "RECEIVED", attempts: 1, next_attempt_at: 500, reason: "later" }, 1);
      expect(await due()).toEqual([]);
      expect(await nextEventAt(db, 20)).toBe(500);

      await settleEvent(db, earlier, { state: "PARKED", reason: "why" }, 1);
      expect(await due()).toEqual([later]);
    });

    test("an open contradiction holds up no other event of its subject", async () => {
      const { db, transaction } = await open();
      const [open1, later] = (await insertAll(
        db,
        ["s1", "s1"].map((subject) => eventRow({ subject, next_attempt_at: 10 })),
      )) as [number, number];
      const waiting = { state: "RECEIVED", attempts: 1, next_attempt_at: 500, reason: "later" } as const;
      await settleEvent(db, open1, { ...waiting, obstacle: "CONTRADICTION", obstacle_since: 10 }, 10);
      expect(ids(await dueEvents(db, 20, 10))).toEqual([later]);
      await settleEvent(db, later, { state: "APPLIED", reason: null }, 10);
      expect(await transaction((tx) => openSubjects(tx, ["s1"]))).toEqual(new Set());
    });

    test("a time that a clock left far in the future is not waited for", async () => {
      const { db } = await open();
      const hour = 3_600_000;
      const [leased, waiting, soon] = (await insertAll(db, [
        eventRow({ next_attempt_at: 0, lease_until: hour }),
        eventRow({ next_attempt_at: hour }),
        eventRow({ next_attempt_at: 300_000 }),
      ])) as [number, number, number];
      expect(ids(await dueEvents(db, 20, 10))).toEqual([leased]);
      expect(await claimEvents(db, [leased], 20, 500)).toEqual(new Set([leased]));
      await endImplausibleWaits(db, 20);
      expect(ids(await dueEvents(db, 20, 10))).toEqual([waiting]);
      expect(ids(await dueEvents(db, 300_000, 10))).toEqual([leased, waiting, soon]);
    });
  });

  describe("leases and settings", () => {
    const at = (db: Db, now: number) => ({ db, clock: { ...monotonicClock(), sqlNow: () => sql<number>`${now}` } });

    test("of many nodes at once, one holds a lease, until it ends or is dropped", async () => {
      const { db } = await open();
      const hold = (owner: string, now: number) => holdLease(at(db, now), "reconciliation", owner, 500);
      const held = await Promise.all(["a", "b", "c", "d"].map((owner) => hold(owner, 1000)));
      const owner = ["a", "b", "c", "d"][held.indexOf(true)]!;
      expect(held.filter(Boolean)).toHaveLength(1);
      expect(await hold(owner, 1400)).toBe(true);
      expect(await hold("e", 1899)).toBe(false);
      expect(await hold("e", 1900)).toBe(true);
      expect(await hold(owner, 1901)).toBe(false);
      await dropLease(db, "reconciliation", owner);
      expect(await hold(owner, 1901)).toBe(false);
      await dropLease(db, "reconciliation", "e");
      expect(await hold(owner, 1901)).toBe(true);
      expect(await holdLease(at(db, 1901), "another", "e", 500)).toBe(true);
    });

    test("a lease from a clock that was put right since is free", async () => {
      const { db } = await open();
      const hold = (owner: string, now: number) => holdLease(at(db, now), "reconciliation", owner, 500);
      expect(await hold("ahead", 3_600_000)).toBe(true);
      expect(await hold("other", 3_600_000 - 60_000)).toBe(false);
      expect(await hold("other", 3_600_000 - 60_001)).toBe(true);
    });

    test("a lease is by the database's own clock", async () => {
      const database = await open();
      expect(await holdLease(database, "reconciliation", "a", 60_000)).toBe(true);
      expect(await holdLease(database, "reconciliation", "b", 60_000)).toBe(false);
    });

    test("a setting is what was written last, or null", async () => {
      const { db } = await open();
      expect(await readSetting(db, "a")).toBeNull();
      await writeSetting(db, "a", "1");
      await writeSetting(db, "b", "2");
      await writeSetting(db, "a", "3");
      expect([await readSetting(db, "a"), await readSetting(db, "b")]).toEqual(["3", "2"]);
    });
  });

  describe("transactions", () => {
    test("one that fails leaves nothing behind", async () => {
      const database = await open();
      const customer = customerRow();
      const work = database.transaction(async (tx) => {
        await insertCustomer(tx, customer);
        await insertPayout(tx, payoutRow({ customer_id: customer.id }));
        await insertIntent(tx, intentRow({ idempotency_key: "k1" }));
        await insertEvents(tx, [eventRow()]);
        await appendToLog(tx, logEntry());
        throw new Error("on purpose");
      });
      await expect(work).rejects.toThrow("on purpose");
      expect(await customersByIds(database.db, [customer.id], everything)).toEqual([]);
      expect(await countPayouts(database.db, {}, everything)).toBe(0);
      expect(await intentByKey(database.db, "operator", "createPayout", "k1")).toBeUndefined();
      expect(await countEvents(database.db, "RECEIVED")).toBe(0);
      expect(await logAfter(database.db, 0, 10, {}, everything)).toEqual([]);
    });

    if (isShared) {
      test("nobody sees what is not committed yet", async () => {
        const url = await newUrl();
        const [writer, reader] = [await open(url), await open(url)];
        const customer = customerRow();
        await writer.transaction(async (tx) => {
          await insertCustomer(tx, customer);
          expect(await customersByIds(reader.db, [customer.id], everything)).toEqual([]);
        });
        expect(await customersByIds(reader.db, [customer.id], everything)).toEqual([customer]);
      });
    }

    test("a payout or a document of a customer that is not there is refused", async () => {
      const database = await open();
      const orphans = [
        () => database.transaction((tx) => insertPayout(tx, payoutRow({ customer_id: "nobody" }))),
        () => database.transaction((tx) => insertDocument(tx, documentRow({ customer_id: "nobody" }))),
      ];
      for (const storeOrphan of orphans) {
        await expect(storeOrphan()).rejects.toMatchObject({ message: expect.stringMatching(/foreign key/i) });
      }
      expect(await countPayouts(database.db, {}, everything)).toBe(0);
    });
  });

  if (name === "PostgreSQL") {
    test("a row that one node holds is waited for, and then read as that node left it", async () => {
      const url = await newUrl();
      const [one, other] = [await open(url), await open(url)];
      const [customer] = await storeCustomers(one, [{}]);
      let waiting: Promise<string | undefined> | undefined;
      await one.transaction(async (tx) => {
        await lockCustomer(one, tx, customer!.id);
        waiting = other.transaction(async (rival) => (await lockCustomer(other, rival, customer!.id))?.status);
        // The rival reaches the lock before it is given up.
        await untilSomeoneWaits(url);
        await updateCustomer(tx, customer!.id, { status: "VERIFIED" });
      });
      expect(await waiting).toBe("VERIFIED");
    });

    test("connections that the server ends cost the work under way, never the process", async () => {
      const url = await newUrl();
      const database = await open(url);
      const customer = customerRow();
      const cut = database.transaction(async (tx) => {
        await insertCustomer(tx, customer);
        await administer((client) =>
          client.query("select pg_terminate_backend(pid) from pg_stat_activity where datname = $1", [nameOf(url)]),
        );
        await new Promise((resolve) => setTimeout(resolve, 50));
        await updateCustomer(tx, customer.id, { status: "VERIFIED" });
      });
      await expect(cut).rejects.toThrow();
      expect(await customersByIds(database.db, [customer.id], everything)).toEqual([]);
      expect((await storeCustomers(database, [{}])).length).toBe(1);
    });
  }
});

type ParametersAfterDb = Parameters<typeof logAfter> extends [unknown, ...infer Rest] ? Rest : never;

function nameOf(url: string): string {
  return new URL(url).pathname.slice(1);
}

async function untilSomeoneWaits(url: string): Promise<void> {
  await administer(async (client) => {
    for (;;) {
      const { rows } = await client.query(
        "select 1 from pg_stat_activity where datname = $1 and wait_event_type = 'Lock'",
        [nameOf(url)],
      );
      if (rows.length > 0) return;
    }
  });
}

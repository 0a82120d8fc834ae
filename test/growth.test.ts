// A page and its total cost the same with many rows as with few: the total is kept, and a page is read from an index in its
// own order.

import SqliteDatabase from "better-sqlite3";
import {
  CompiledQuery,
  type Insertable,
  Kysely,
  type KyselyPlugin,
  Migrator,
  PostgresDialect,
  type QueryId,
  type RootOperationNode,
  SqliteDialect,
  sql,
} from "kysely";
import pg from "pg";
import {
  type CustomerSearch,
  countCustomers,
  customersPage,
  insertCustomer,
  updateCustomer,
} from "../src/store/customer.queries.js";
import type { Database, Db, Tx } from "../src/store/database.js";
import { migrationsOf } from "../src/store/migrations.js";
import {
  countPayouts,
  insertPayout,
  type PayoutSearch,
  payoutsPage,
  updatePayout,
} from "../src/store/payout.queries.js";
import { lockLog } from "../src/store/status-log.queries.js";
import type { PayoutsTable, Tables } from "../src/store/tables.js";
import { assignCustomer } from "../src/store/tenant.queries.js";
import { everything, type Visibility } from "../src/store/visibility.js";
import { customerRow, payoutRow } from "./support/stored-rows.js";
import { forEachDatabase, sharedKinds } from "./support/test-databases.js";

const acme = { ...everything, tenant: "acme" };
const statuses = ["SUBMITTING", "UNCONFIRMED", "PENDING", "PROCESSING", "SUCCESSFUL", "FAILED"] as const;

/** What differs between the kept counts and the rows, at one moment. */
async function miscounts({ db }: Database): Promise<unknown[]> {
  const { rows: payouts } = await sql`
    select tenant, status, currency, wallet, sum(by) from (
      select tenant, status, currency, wallet, count as by from payout_counts
      union all
      select tenant, status, coalesce(amount_currency, ''), coalesce(wallet_id, ''), -1 from payouts
    ) as both_ways group by tenant, status, currency, wallet having sum(by) <> 0`.execute(db);
  const { rows: customers } = await sql`
    select tenant, status, type, sum(by) from (
      select tenant, status, type, count as by from customer_counts
      union all
      select tenant, status, type, -1 from customers
    ) as both_ways group by tenant, status, type having sum(by) <> 0`.execute(db);
  return [...payouts, ...customers];
}

async function store(database: Database, customers: number, payoutsOfEach: number) {
  const stored: { customerId: string; payoutIds: string[] }[] = [];
  await database.transaction(async (tx) => {
    for (let number = 0; number < customers; number += 1) {
      const customer = customerRow({ tenant: number % 2 === 0 ? "acme" : "operator" });
      await insertCustomer(tx, customer);
      const payoutIds: string[] = [];
      for (let index = 0; index < payoutsOfEach; index += 1) {
        const row = payoutRow({
          customer_id: customer.id,
          tenant: customer.tenant,
          status: statuses[index % statuses.length]!,
          amount_currency: [null, "NGN", "CAD"][index % 3] as string | null,
          wallet_id: [null, "w1"][index % 2] as string | null,
          created_at: 1_000_000 + number * payoutsOfEach + index,
        });
        await insertPayout(tx, row);
        payoutIds.push(row.id);
      }
      stored.push({ customerId: customer.id, payoutIds });
    }
  });
  return stored;
}

describe("the total of a page", () => {
  forEachDatabase((_kind, open) => {
    test("is that of the rows after whatever changes them", async () => {
      const database = await open();
      const { db } = database;
      const [one, other] = await store(database, 2, 12);
      expect(await miscounts(database)).toEqual([]);
      expect(await countPayouts(db, {}, everything)).toBe(24);
      expect(await countPayouts(db, { status: ["PENDING", "FAILED", "FAILED"] }, acme)).toBe(4);
      expect(await countPayouts(db, { currency: "NGN", walletId: "w1" }, everything)).toBe(4);
      expect(await countPayouts(db, { status: [] }, everything)).toBe(0);
      expect(
        await countPayouts(db, { status: ["PENDING", "FAILED"], createdTo: new Date(1_000_012) }, everything),
      ).toBe(4);

      await database.transaction((tx) =>
        updatePayout(tx, one!.payoutIds[0]!, { status: "FAILED", amount_currency: "GBP" }),
      );
      await database.transaction((tx) => updatePayout(tx, one!.payoutIds[1]!, { note: "nothing that is counted" }));
      await database.transaction((tx) => updateCustomer(tx, other!.customerId, { status: "VERIFIED" }));
      await assignCustomer(database, one!.customerId, "zeta");
      await db.deleteFrom("payouts").where("id", "=", other!.payoutIds[0]!).execute();
      const undone = database.transaction(async (tx) => {
        await tx.deleteFrom("payouts").execute();
        throw new Error("on purpose");
      });
      await expect(undone).rejects.toThrow("on purpose");
      expect(await miscounts(database)).toEqual([]);
      expect(await countPayouts(db, {}, { ...everything, tenant: "zeta" })).toBe(12);
      expect(await countPayouts(db, { currency: "GBP", status: ["FAILED"] }, everything)).toBe(1);
      expect(await countCustomers(db, { status: ["VERIFIED"], type: "INDIVIDUAL" }, everything)).toBe(1);
      await db.deleteFrom("payouts").execute();
      expect(await countPayouts(db, {}, everything)).toBe(0);
      expect(await miscounts(database)).toEqual([]);
    });
  });

  forEachDatabase((kind, open, newUrl) => {
    test("is exact at every moment while several connections move payouts and give customers away", async () => {
      const url = await newUrl();
      const nodes = [await open(url), await open(url), await open(url)];
      const customers = await store(nodes[0]!, 6, 6);
      const reader = await open(url);
      // Two connections of one thread would wait for each other in SQLite: there they write by turns.
      let last: Promise<unknown> = Promise.resolve();
      const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
        const next = kind === "PostgreSQL" ? work() : last.then(work);
        last = next;
        return next;
      };
      let isWriting = true;
      const looking = (async () => {
        let looks = 0;
        while (isWriting) {
          expect(await miscounts(reader)).toEqual([]);
          looks += 1;
          // What runs on this thread alone would leave the writers no turn.
          await new Promise((resolve) => setImmediate(resolve));
        }
        return looks;
      })();
      const writing = nodes.map(async (node, turn) => {
        for (let round = 0; round < 25; round += 1) {
          const { customerId, payoutIds } = customers[(round + turn * 2) % customers.length]!;
          await inTurn(() => assignCustomer(node, customerId, `tenant-${(round + turn) % 3}`));
          // As the one door does it: whoever changes an entity holds the log.
          const move = async (tx: Tx) => {
            await lockLog(tx);
            for (const id of payoutIds) await updatePayout(tx, id, { status: statuses[(round + turn) % 6]! });
          };
          await inTurn(() => node.transaction(move));
          // And without it.
          const extra = payoutRow({ customer_id: customerId, tenant: "acme", status: "PENDING" });
          await inTurn(() => node.transaction((tx) => insertPayout(tx, extra)));
          await new Promise((resolve) => setImmediate(resolve));
        }
      });
      await Promise.all(writing);
      isWriting = false;
      expect(await looking).toBeGreaterThan(0);
      expect(await miscounts(reader)).toEqual([]);
      expect(await countPayouts(reader.db, {}, everything)).toBe(36 + 75);
    });

    test("counts what was there before counts were kept", async () => {
      const url = await newUrl();
      const old = new Kysely<Tables>({ dialect: dialectOf(url) });
      const provider = migrationsOf(url.startsWith("sqlite:") ? "sqlite" : "postgres");
      const { error } = await new Migrator({ db: old, provider }).migrateTo("003-append-only-audit");
      expect(error).toBeUndefined();
      const customer = customerRow({ tenant: "acme" });
      await old.insertInto("customers").values(customer).execute();
      for (const amount_currency of ["NGN", "NGN", null]) {
        // These columns are younger than that.
        const {
          status_at: _,
          mismatch: _m,
          resolution: _r,
          ...row
        } = payoutRow({ customer_id: customer.id, tenant: "acme", amount_currency });
        await old
          .insertInto("payouts")
          .values(row as Insertable<PayoutsTable>)
          .execute();
      }
      await old.destroy();

      const database = await open(url);
      expect(await miscounts(database)).toEqual([]);
      expect(await countPayouts(database.db, { currency: "NGN" }, acme)).toBe(2);
      expect(await countCustomers(database.db, {}, acme)).toBe(1);
    });
  }, sharedKinds);
});

function dialectOf(url: string) {
  return url.startsWith("sqlite:")
    ? new SqliteDialect({ database: new SqliteDatabase(url.slice("sqlite:".length)) })
    : new PostgresDialect({ pool: new pg.Pool({ connectionString: url }) });
}

/** The plan of the query that the work runs, as the engine puts it. */
async function planOf(db: Db, explain: string, work: (db: Db) => Promise<unknown>): Promise<string[]> {
  const queries: CompiledQuery[] = [];
  const recorder: KyselyPlugin = {
    transformQuery: ({ node, queryId }: { node: RootOperationNode; queryId: QueryId }) => {
      queries.push(db.getExecutor().compileQuery(node, queryId));
      return node;
    },
    transformResult: async ({ result }) => result,
  };
  await work(db.withPlugin(recorder));
  // The parts of a union are seen alone before the whole of it.
  const { sql: text, parameters } = queries.at(-1)!;
  const { rows } = await db.executeQuery(CompiledQuery.raw(`${explain} ${text}`, [...parameters]));
  return rows.map((row) => Object.values(row as object).at(-1) as string);
}

type PageCase = [search: PayoutSearch, visibility: Visibility, index: string];

const after = { createdAt: 1_000_100, id: "payout-0" };
const pages: PageCase[] = [
  [{}, acme, "payouts_by_age"],
  [{}, everything, "all_payouts_by_age"],
  [{ createdFrom: new Date(1_000_000), createdTo: new Date(2_000_000) }, acme, "payouts_by_age"],
  [{ status: ["PENDING"] }, acme, "payouts_by_status"],
  [{ status: ["PENDING", "PROCESSING"] }, acme, "payouts_by_status"],
  [{ status: ["PENDING", "PROCESSING"] }, everything, "all_payouts_by_status"],
  [{ status: ["SUCCESSFUL"], currency: "NGN" }, acme, "payouts_by_status_and_currency"],
  [{ status: ["SUCCESSFUL", "FAILED"], currency: "NGN" }, everything, "all_payouts_by_status_and_currency"],
  [{ currency: "NGN" }, acme, "payouts_by_status_and_currency"],
  [{ customerId: "customer-1" }, acme, "payouts_of_customer"],
  [{ customerId: "customer-1", status: ["PENDING"], currency: "NGN" }, acme, "payouts_of_customer"],
  [{ customerId: "customer-1", status: ["PENDING", "FAILED"] }, everything, "payouts_of_customer"],
];

const first = 20;
// Of some thirty thousand. One row of two may be another tenant's, or a page be sorted of six.
const mostRead = 6 * (first + 1);

describe("a page is read from an index in its own order, and no further", () => {
  forEachDatabase((kind, open) => {
    const read = kind === "PostgreSQL" ? readOnPostgres : readOnSqlite;
    test("whatever it is narrowed by, at its beginning and later", async () => {
      const database = await open();
      await store(database, 10, 6);
      if (kind === "PostgreSQL") await multiply(database);
      for (const [search, visibility, index] of pages) {
        for (const from of [null, after]) {
          const work = (db: Db) => payoutsPage(db, search, { first, after: from }, visibility);
          expect(await read(database.db, work, index)).toMatchObject({ faults: [] });
        }
      }
    });

    test("of customers too", async () => {
      const database = await open();
      await store(database, 10, 1);
      if (kind === "PostgreSQL") await multiply(database);
      const cases: [CustomerSearch, Visibility, string][] = [
        [{}, acme, "customers_by_age"],
        [{}, everything, "all_customers_by_age"],
        [{ status: ["PENDING"], type: "INDIVIDUAL" }, acme, "customers_by_status"],
        [{ status: ["PENDING", "VERIFIED"] }, everything, "all_customers_by_status"],
      ];
      for (const [search, visibility, index] of cases) {
        const work = (db: Db) => customersPage(db, search, { first, after }, visibility);
        expect(await read(database.db, work, index)).toMatchObject({ faults: [] });
      }
    });
  }, sharedKinds);
});

interface Way {
  faults: string[];
  plan: unknown;
}

/** SQLite knows nothing of what is in the tables: its way is the same with any number of rows. */
async function readOnSqlite(db: Db, work: (db: Db) => Promise<unknown>, index: string): Promise<Way> {
  const plan = await planOf(db, "explain query plan", work);
  const isRead = (step: string) => /\b(SEARCH|SCAN) (payouts|customers)\b/.test(step);
  const isSorted = (step: string) => step.includes("TEMP B-TREE");
  const isOther = (step: string) => isRead(step) && !new RegExp(` USING INDEX ${index}( |$)`).test(step);
  // Of several lists the pages are merged, each of which has ended by then.
  const isOfPage = (at: number) => plan[at - 1] === "SCAN branch";
  const faults = plan.filter((step, at) => isOther(step) || (isSorted(step) && !isOfPage(at)));
  if (!plan.some(isRead)) faults.push("nothing is read");
  return { faults, plan };
}

interface PlanNode {
  "Node Type": string;
  "Actual Rows": number;
  "Actual Loops": number;
  "Rows Removed by Filter"?: number;
  Plans?: PlanNode[];
}

/** PostgreSQL tells how many rows it has really read. Which index is best it knows from what is in the tables. */
async function readOnPostgres(db: Db, work: (db: Db) => Promise<unknown>): Promise<Way> {
  const [plan] = await planOf(db, "explain (analyze, format json)", work);
  const nodes: PlanNode[] = [];
  const collect = (node: PlanNode) => {
    nodes.push(node);
    for (const child of node.Plans ?? []) collect(child);
  };
  collect((plan as unknown as { Plan: PlanNode }[])[0]!.Plan);
  const readBy = (node: PlanNode) =>
    (node["Actual Rows"] + (node["Rows Removed by Filter"] ?? 0)) * node["Actual Loops"];
  const faults = nodes.filter((node) => readBy(node) > mostRead).map((node) => JSON.stringify(node));
  return { faults, plan };
}

/** Each row some hundred times, under other ids and at other times, and the engine told of it. */
async function multiply({ db }: Database): Promise<void> {
  for (const table of ["customers", "payouts"]) {
    const { rows } = await sql<{ name: string }>`
      select column_name as name from information_schema.columns
        where table_schema = 'public' and table_name = ${table}`.execute(db);
    const names = rows.map(({ name }) => name);
    const values = names.map((name) => {
      if (name === "id") return "id || '-' || n";
      return name === "created_at" ? "created_at + n * 100" : name;
    });
    // What counts and what notes changes is not what is looked at here.
    await sql.raw(`alter table ${table} disable trigger user`).execute(db);
    await sql
      .raw(
        `insert into ${table} (${names.join(", ")})
           select ${values.join(", ")} from ${table}, generate_series(1, 500) as n`,
      )
      .execute(db);
    await sql.raw(`analyze ${table}`).execute(db);
  }
}

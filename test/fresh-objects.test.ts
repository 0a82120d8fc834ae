// What answers are made of is held, and another question about the same objects does not read them again. It shows in
// nothing but the time that it takes: what was written is seen by the very next question, whoever wrote it.

import { sql } from "kysely";
import type { Database } from "../src/store/database.js";
import { assignCustomer } from "../src/store/tenant.queries.js";
import { startKeyedGateway } from "./support/credentials.js";
import { payoutRow } from "./support/stored-rows.js";
import type { TestClient } from "./support/test-client.js";
import { forEachDatabase, openTestDatabase, sharedKinds } from "./support/test-databases.js";

const customer =
  "query One($id: ID!) { customer(id: $id) { id name email status payouts(first: 5) { nodes { id status note } } } }";
const payout =
  "query Pay($id: ID!) { payout(id: $id) { id status note recipient { accountNumber } customer { id email } } }";
const list = "query All { customers(first: 5) { nodes { id email payouts(first: 5) { nodes { id status note } } } } }";

let marks = 0;
/** Never the same question twice: an answer that is kept does not fit. */
function ask(client: TestClient, query: string, id?: string) {
  marks += 1;
  return client.run(query, { ...(id === undefined ? {} : { id }), mark: marks });
}

forEachDatabase((name, _open, newUrl) => {
  async function startHolding() {
    const databaseUrl = await newUrl();
    const database = await openTestDatabase(databaseUrl);
    const gateway = await startKeyedGateway({ databaseUrl });
    const shop = await gateway.clientOf("shop");
    const { id: customerId } = await shop.verifiedCustomer();
    const { payout: made } = await shop.createPayout({ customerId });
    await shop.payoutReaching(made.id, "SUCCESSFUL");
    const payoutId: string = made.id;
    const askAll = async (client: TestClient = shop) => {
      const one = await ask(client, customer, customerId);
      const paid = await ask(client, payout, payoutId);
      const all = await ask(client, list);
      return { customer: one.customer, payout: paid.payout, listed: all.customers.nodes };
    };
    // The first time learns the words, the second one reads, and from then on it is held.
    for (let time = 0; time < 3; time += 1) await askAll();
    return { database, gateway, shop, customerId, payoutId, askAll };
  }

  test("what is held is not read again, until something of its customer is written", async () => {
    const { database, customerId, payoutId, askAll } = await startHolding();
    const before = await askAll();
    await unnoted(name, database, async () => {
      await database.db.updateTable("customers").set({ email: "unnoted@example.com" }).execute();
      await database.db.updateTable("payouts").set({ note: "unnoted" }).execute();
    });
    const { listed, ...held } = await askAll();
    expect(held).toEqual({ customer: before.customer, payout: before.payout });
    // The list itself is read; of its customers, the payouts are held.
    expect(listed).toEqual([
      { id: customerId, email: "unnoted@example.com", payouts: { nodes: [{ ...before.listed[0].payouts.nodes[0] }] } },
    ]);
    await database.db.updateTable("payouts").set({ note: "noted" }).where("id", "=", payoutId).execute();
    const after = await askAll();
    expect(after.payout).toMatchObject({ note: "noted", customer: { email: "unnoted@example.com" } });
    expect(after.customer).toMatchObject({ email: "unnoted@example.com", payouts: { nodes: [{ note: "noted" }] } });
    expect(after.listed[0].payouts.nodes).toMatchObject([{ note: "noted" }]);
  });

  test("what another node wrote is seen by the very next question, whatever it asks for", async () => {
    const { database, shop, customerId, payoutId, askAll } = await startHolding();
    for (let round = 0; round < 5; round += 1) {
      const email = `round-${round}@example.com`;
      await database.db.updateTable("customers").set({ email }).where("id", "=", customerId).execute();
      const seen = await askAll();
      expect([seen.customer.email, seen.payout.customer.email, seen.listed[0].email]).toEqual([email, email, email]);
      await database.db.updateTable("payouts").set({ note: email }).where("id", "=", payoutId).execute();
      const inNewWords = await shop.run(payout.replace("Pay", `Pay${round}`), { id: payoutId });
      expect(inNewWords.payout).toMatchObject({ note: email, customer: { email } });
      const row = payoutRow({ customer_id: customerId, tenant: "shop" });
      await database.db.insertInto("payouts").values(row).execute();
      const { customer: after, listed } = await askAll();
      for (const { nodes } of [after.payouts, listed[0].payouts]) {
        expect(nodes.map(({ id }: { id: string }) => id)).toContain(row.id);
      }
      await database.db.deleteFrom("payouts").where("id", "=", row.id).execute();
      expect((await askAll()).customer.payouts.nodes).toHaveLength(1);
    }
    // And what this node wrote itself.
    const { payout: own } = await shop.createPayout({ customerId });
    const statusOf = async () => {
      const { nodes } = (await askAll()).customer.payouts;
      return nodes.find(({ id }: { id: string }) => id === own.id)?.status;
    };
    expect(await statusOf()).toBeDefined();
    await shop.payoutReaching(own.id, "SUCCESSFUL");
    expect(await statusOf()).toBe("SUCCESSFUL");
  });

  test("nobody is given what is held for another sight, nor what was theirs before", async () => {
    const { database, gateway, customerId, payoutId, askAll, shop } = await startHolding();
    const blind = await gateway.clientOf("shop", ["customers:read", "payouts:read"]);
    const bank = await gateway.clientOf("bank");
    const full = (await askAll()).payout.recipient.accountNumber;
    expect(full).toMatch(/^\d{10}$/);
    for (let time = 0; time < 3; time += 1) {
      expect((await askAll(blind)).payout.recipient.accountNumber).not.toBe(full);
      expect(await askAll(bank)).toEqual({ customer: null, payout: null, listed: [] });
      expect((await askAll()).payout.recipient.accountNumber).toBe(full);
    }
    await assignCustomer(database, customerId, "bank");
    expect(await askAll()).toEqual({ customer: null, payout: null, listed: [] });
    const { customer: now, payout: paid } = await askAll(bank);
    expect([now.id, paid.id]).toEqual([customerId, payoutId]);
    await assignCustomer(database, customerId, "shop");
    expect((await askAll(bank)).payout).toBeNull();
    expect((await askAll(shop)).payout.id).toBe(payoutId);
  });
}, sharedKinds);

/** Writes what nobody is told of, as no gateway does. */
async function unnoted(name: string, database: Database, write: () => Promise<void>): Promise<void> {
  if (name === "PostgreSQL") {
    for (const table of ["customers", "payouts"])
      await sql.raw(`alter table ${table} disable trigger user`).execute(database.db);
    await write();
    for (const table of ["customers", "payouts"])
      await sql.raw(`alter table ${table} enable trigger user`).execute(database.db);
    return;
  }
  const names = ["customers_update_noted", "payouts_update_noted"];
  const { rows } = await sql<{ sql: string }>`select sql from sqlite_master where name in (${sql.join(names)})`.execute(
    database.db,
  );
  expect(rows).toHaveLength(names.length);
  for (const trigger of names) await sql.raw(`drop trigger ${trigger}`).execute(database.db);
  await write();
  for (const row of rows) await sql.raw(row.sql).execute(database.db);
}

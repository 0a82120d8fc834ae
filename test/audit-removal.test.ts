// The beginning of the audit trail, removed with age: what is kept stays a chain that shows whatever else was done to it.

import { sql } from "kysely";
import { pino } from "pino";
import { verifyChain } from "../src/access/audit-chain.js";
import { removeAuditEntries } from "../src/access/audit-removal.js";
import { AuditTrail } from "../src/access/audit-trail.js";
import type { Database } from "../src/store/database.js";
import { type EntrySeen, trailOf } from "./support/audited-gateway.js";
import { forEachDatabase, sharedKinds } from "./support/test-databases.js";

const silent = pino({ level: "silent" });

async function write(database: Database, count: number): Promise<void> {
  const audit = new AuditTrail(database, silent);
  for (let index = 0; index < count; index += 1) {
    await audit.append({ principal: { id: "key:1", tenant: "acme" }, action: "createPayout" }, "DONE");
  }
}

const remove = (database: Database, most: number) =>
  removeAuditEntries(database, { before: Date.now() + 1_000, most, principalId: "retention" });

/** As whoever owns the database could. */
async function unguard({ db, dialect }: Database): Promise<void> {
  const noChange = dialect === "sqlite" ? "audit_log_no_update" : "audit_log_append_only";
  for (const name of [noChange, "audit_log_no_delete"]) {
    await sql.raw(`drop trigger ${name}${dialect === "sqlite" ? "" : " on audit_log"}`).execute(db);
  }
}

const rowOf = ({ detail, ...entry }: EntrySeen) => ({ ...entry, detail: detail && JSON.stringify(detail) });

forEachDatabase((_name, open) => {
  /** Five entries, of which three were removed by an entry of their own: 4, 5 and 6 are kept. */
  async function removedTrail() {
    const database = await open();
    await write(database, 5);
    const before = await trailOf(database.db);
    const removed = await remove(database, 3);
    return { database, before, removed };
  }

  test("what is removed leaves an entry that says up to where, and a chain that goes on from there", async () => {
    const { database, before, removed } = await removedTrail();
    const to = { seq: 3, hash: before[2]?.hash };
    expect(removed.map(({ seq }) => seq)).toEqual([1, 2, 3]);
    const trail = await trailOf(database.db);
    expect(trail.map(({ seq }) => seq)).toEqual([4, 5, 6]);
    expect(trail[2]).toMatchObject({
      action: "removeAuditEntries",
      principal: "retention",
      outcome: "DONE",
      detail: { to, removed: 3 },
    });
    expect(await verifyChain(database.db)).toMatchObject({ anchor: to, fitting: { seq: 6 }, fault: null });
  });

  test("what is removed again, and all of it, goes on from the last removal", async () => {
    const { database } = await removedTrail();
    await write(database, 2);
    await remove(database, 100);
    expect((await trailOf(database.db)).map(({ seq }) => seq)).toEqual([9]);
    expect(await verifyChain(database.db)).toMatchObject({ anchor: { seq: 8 }, fitting: { seq: 9 }, fault: null });
    await write(database, 1);
    expect(await verifyChain(database.db)).toMatchObject({ fitting: { seq: 10 }, fault: null });
  });

  test("only what was written before the instant is removed", async () => {
    const database = await open();
    await write(database, 2);
    const at = (await trailOf(database.db))[0]?.at as number;
    expect(await removeAuditEntries(database, { before: at, most: 10, principalId: "retention" })).toEqual([]);
    expect((await trailOf(database.db)).map(({ seq }) => seq)).toEqual([1, 2]);
  });

  test("the database refuses to remove what is kept, and to change it", async () => {
    const { database } = await removedTrail();
    const reasonOf = (work: Promise<unknown>) =>
      work.then(
        () => "done",
        (error) => (error as Error).message,
      );
    const { db } = database;
    expect(await reasonOf(db.deleteFrom("audit_log").where("seq", "=", 4).execute())).toContain("append-only");
    expect(await reasonOf(db.updateTable("audit_log").set({ tenant: "z" }).execute())).toContain("append-only");
    await db.deleteFrom("audit_anchor").execute();
    expect(await reasonOf(db.deleteFrom("audit_log").where("seq", "=", 4).execute())).toContain("append-only");
  });

  const tampered: [string, (database: Database, before: EntrySeen[]) => Promise<unknown>, object][] = [
    [
      "more was removed than the entries say, and the anchor moved along",
      async ({ db }, before) => {
        const { seq, hash } = before[3] as EntrySeen;
        await db.deleteFrom("audit_log").where("seq", "=", seq).execute();
        await db.updateTable("audit_anchor").set({ seq, hash }).execute();
      },
      { seq: 4, reason: "is not where the entries say that what is kept begins" },
    ],
    [
      "the first kept entry is gone",
      ({ db }) => db.deleteFrom("audit_log").where("seq", "=", 4).execute(),
      { seq: 4, reason: "is missing" },
    ],
    [
      "the anchor has another hash",
      ({ db }) =>
        db
          .updateTable("audit_anchor")
          .set({ hash: "0".repeat(64) })
          .execute(),
      { seq: 4, reason: "does not follow from the entry before it" },
    ],
    [
      "the anchor was set back to the beginning",
      ({ db }) => db.updateTable("audit_anchor").set({ seq: 0, hash: "" }).execute(),
      { seq: 1, reason: "is missing" },
    ],
    [
      "all was put back, as if nothing had been removed",
      async (database, before) => {
        await database.db.updateTable("audit_anchor").set({ seq: 0, hash: "" }).execute();
        await database.db.insertInto("audit_log").values(before.slice(0, 3).map(rowOf)).execute();
      },
      { seq: 3, reason: "is not where the entries say that what is kept begins" },
    ],
    [
      "an entry was put in before the anchor",
      ({ db }, before) =>
        db
          .insertInto("audit_log")
          .values({ ...rowOf(before[1] as EntrySeen), tenant: "z" })
          .execute(),
      { seq: 2, reason: "is there though it was removed" },
    ],
    [
      "an entry after the anchor was changed",
      ({ db }) => db.updateTable("audit_log").set({ tenant: "z" }).where("seq", "=", 5).execute(),
      { seq: 5, reason: "is not what was written" },
    ],
    [
      "the entry that says what was removed is gone together with the head",
      async ({ db }, before) => {
        const { seq, hash } = before[4] as EntrySeen;
        await db.deleteFrom("audit_log").where("seq", "=", 6).execute();
        await db.updateTable("audit_head").set({ seq, hash }).execute();
      },
      { seq: 3, reason: "is not where the entries say that what is kept begins" },
    ],
  ];
  test.each(tampered)("it is found that %s", async (_what, tamper, fault) => {
    const { database, before } = await removedTrail();
    await unguard(database);
    await tamper(database, before);
    expect((await verifyChain(database.db)).fault).toEqual(fault);
  });

  test("a hash that was kept elsewhere is compared where the anchor is it, and not passed over where it is older", async () => {
    const { database, before } = await removedTrail();
    const faultAt = async (seq: number, hash: string) => (await verifyChain(database.db, { seq, hash })).fault;
    const hashOf = (seq: number) => before[seq - 1]?.hash as string;
    expect(await faultAt(5, hashOf(5))).toBeNull();
    expect(await faultAt(3, hashOf(3))).toBeNull();
    expect(await faultAt(3, hashOf(2))).toMatchObject({ seq: 3, reason: expect.stringContaining("another hash") });
    expect(await faultAt(2, hashOf(2))).toMatchObject({ seq: 2, reason: expect.stringContaining("removed with age") });
  });
});

forEachDatabase((_name, open, newUrl) => {
  test("a check finds no fault while two nodes write and a third removes", async () => {
    const url = await newUrl();
    const [first, second, third, looking] = [await open(url), await open(url), await open(url), await open(url)];
    let isOver = false;
    const often = async (act: () => Promise<unknown>) => {
      for (let round = 0; round < 15; round += 1) {
        // SQLite waits for another connection's lock without letting this process go on: each begins in a turn of its own.
        await new Promise((resolve) => setTimeout(resolve, 5));
        await act();
      }
    };
    const work = Promise.all([
      often(() => write(first, 3)),
      often(() => write(second, 3)),
      often(() => remove(third, 4)),
    ]).finally(() => {
      isOver = true;
    });
    while (!isOver) {
      expect((await verifyChain(looking.db)).fault).toBeNull();
      await new Promise((resolve) => setImmediate(resolve));
    }
    await work;
    const { anchor, fitting, fault } = await verifyChain(looking.db);
    expect(fault).toBeNull();
    expect(fitting.seq).toBeGreaterThan(90);
    expect(anchor.seq).toBeGreaterThan(20);
  });
}, sharedKinds);

// The chain of hashes, broken in each way that it has to show.

import { sql } from "kysely";
import { pino } from "pino";
import { verifyChain } from "../src/access/audit-chain.js";
import { AuditTrail, AuditUnavailable } from "../src/access/audit-trail.js";
import { auditHead } from "../src/store/audit.queries.js";
import type { Database } from "../src/store/database.js";
import { trailOf } from "./support/audited-gateway.js";
import { forEachDatabase, sharedKinds } from "./support/test-databases.js";

const principal = { id: "key:1", tenant: "acme" };
const silent = pino({ level: "silent" });

async function write(database: Database, count: number): Promise<void> {
  const audit = new AuditTrail(database, silent);
  for (let index = 0; index < count; index += 1) {
    const object = { type: "payout", id: `p-${index}` };
    await audit.append({ principal, action: "createPayout", object, detail: { index } }, "DONE");
  }
}

/** As whoever owns the database could. */
async function unguard({ db, dialect }: Database): Promise<void> {
  const noChange = dialect === "sqlite" ? "audit_log_no_update" : "audit_log_append_only";
  for (const name of [noChange, "audit_log_no_delete"]) {
    await sql.raw(`drop trigger ${name}${dialect === "sqlite" ? "" : " on audit_log"}`).execute(db);
  }
}

/** The engine's errors are of another realm than the test where several files share a process. */
function reasonOf(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => "done",
    (error) => (error as Error).message,
  );
}

forEachDatabase((_name, open) => {
  test("entries are numbered without a gap, and each holds the hash of the one before", async () => {
    const database = await open();
    await write(database, 5);
    const trail = await trailOf(database.db);
    expect(trail.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5]);
    expect(trail.map(({ previous_hash }) => previous_hash)).toEqual(["", ...trail.slice(0, 4).map(({ hash }) => hash)]);
    expect(new Set(trail.map(({ hash }) => hash)).size).toBe(5);
    expect(await auditHead(database.db)).toEqual({ seq: 5, hash: trail[4]?.hash });
  });

  test("a chain that nobody touched holds, an empty one too", async () => {
    const database = await open();
    const nothing = { seq: 0, hash: "" };
    expect(await verifyChain(database.db)).toEqual({ anchor: nothing, fitting: nothing, fault: null });
    await write(database, 3);
    expect(await verifyChain(database.db)).toMatchObject({ fitting: { seq: 3 }, fault: null });
  });

  test("a chain longer than one batch of the check holds", async () => {
    const database = await open();
    const audit = new AuditTrail(database, silent);
    await Promise.all(Array.from({ length: 2_100 }, () => audit.append({ principal, action: "x" }, "DONE")));
    expect(await verifyChain(database.db)).toMatchObject({ fitting: { seq: 2_100 }, fault: null });
  });

  test("what is no proper text is kept as what can be read back, so that its entry fits", async () => {
    const database = await open();
    const audit = new AuditTrail(database, silent);
    const odd = `a\0b\ud800${"é😀".repeat(200)}`;
    const act = { principal: { id: odd, tenant: odd }, action: odd, object: { type: odd, id: odd }, detail: { odd } };
    await audit.append(act, "DONE");
    expect(await verifyChain(database.db)).toMatchObject({ fitting: { seq: 1 }, fault: null });
  });

  test("the database refuses to change or remove an entry", async () => {
    const database = await open();
    await write(database, 2);
    const change = database.db.updateTable("audit_log").set({ principal: "key:2" }).where("seq", "=", 1).execute();
    expect(await reasonOf(change)).toContain("append-only");
    const removal = database.db.deleteFrom("audit_log").where("seq", "=", 2).execute();
    expect(await reasonOf(removal)).toContain("append-only");
    expect(await verifyChain(database.db)).toMatchObject({ fitting: { seq: 2 }, fault: null });
  });

  const columns = {
    at: 1,
    tenant: "other",
    principal: "key:2",
    action: "updateCustomer",
    object_type: "customer",
    object_id: "p-9",
    outcome: "REFUSED" as const,
    detail: '{"index":9}',
    request_id: "r",
  };
  test.each(Object.entries(columns))("an entry whose %s was changed is found", async (column, value) => {
    const database = await open();
    await write(database, 5);
    await unguard(database);
    await database.db
      .updateTable("audit_log")
      .set({ [column]: value })
      .where("seq", "=", 3)
      .execute();
    expect(await verifyChain(database.db)).toMatchObject({
      fitting: { seq: 2 },
      fault: { seq: 3, reason: "is not what was written" },
    });
  });

  test("a changed entry that was given a fitting hash is found at the next", async () => {
    const database = await open();
    await write(database, 5);
    await unguard(database);
    const [other] = await Promise.all([open()]);
    await write(other, 3);
    const { hash, ...forged } = (await other.db.selectFrom("audit_log").where("seq", "=", 1).selectAll().execute())[0]!;
    await database.db
      .updateTable("audit_log")
      .set({ ...forged, hash })
      .where("seq", "=", 1)
      .execute();
    expect((await verifyChain(database.db)).fault).toEqual({
      seq: 2,
      reason: "does not follow from the entry before it",
    });
  });

  test("an entry that was taken out is found, at the front and in the middle", async () => {
    for (const seq of [1, 3]) {
      const database = await open();
      await write(database, 5);
      await unguard(database);
      await database.db.deleteFrom("audit_log").where("seq", "=", seq).execute();
      expect((await verifyChain(database.db)).fault).toEqual({ seq, reason: "is missing" });
    }
  });

  test("entries that changed places are found", async () => {
    const database = await open();
    await write(database, 5);
    await unguard(database);
    const swap = (from: number, to: number) =>
      database.db.updateTable("audit_log").set({ seq: to }).where("seq", "=", from).execute();
    await swap(2, 100);
    await swap(3, 2);
    await swap(100, 3);
    expect((await verifyChain(database.db)).fault).toEqual({ seq: 2, reason: "is not what was written" });
  });

  test("an end that was cut off is found, all of it too", async () => {
    for (const first of [4, 1]) {
      const database = await open();
      await write(database, 5);
      await unguard(database);
      await database.db.deleteFrom("audit_log").where("seq", ">=", first).execute();
      expect((await verifyChain(database.db)).fault).toEqual({ seq: first, reason: "is missing" });
    }
  });

  test("an end that was cut off together with the head is found by a hash that was kept elsewhere", async () => {
    const database = await open();
    await write(database, 5);
    const known = await auditHead(database.db);
    const earlier = (await trailOf(database.db))[2]!;
    await unguard(database);
    await database.db.deleteFrom("audit_log").where("seq", ">", 3).execute();
    await database.db.updateTable("audit_head").set({ seq: 3, hash: earlier.hash }).execute();
    expect((await verifyChain(database.db)).fault).toBeNull();
    expect((await verifyChain(database.db, known)).fault).toEqual({ seq: 4, reason: "is missing" });
    await write(database, 2);
    expect((await verifyChain(database.db, known)).fault).toMatchObject({ seq: 5 });
    expect((await verifyChain(database.db, { seq: 3, hash: earlier.hash })).fault).toBeNull();
  });

  test("an entry that was put in behind the head is found", async () => {
    const database = await open();
    await write(database, 3);
    const head = await auditHead(database.db);
    await write(database, 1);
    await database.db.updateTable("audit_head").set(head).execute();
    expect((await verifyChain(database.db)).fault).toMatchObject({ seq: 4 });
  });

  test("work is not begun where its attempt cannot be written, and stays done where its outcome cannot", async () => {
    const database = await open();
    const audit = new AuditTrail(database, silent);
    let isDone = false;
    const around = (during: () => Promise<unknown>) =>
      audit.around(
        { principal, action: "x" },
        async () => {
          await during();
          isDone = true;
          return "result";
        },
        () => ({ outcome: "DONE" }),
      );
    const drop = () => database.db.deleteFrom("audit_head").execute();
    expect(await around(drop)).toBe("result");
    expect(isDone).toBe(true);
    expect((await trailOf(database.db)).map(({ outcome }) => outcome)).toEqual(["ATTEMPTED"]);
    isDone = false;
    await expect(around(drop)).rejects.toThrow(AuditUnavailable);
    expect(isDone).toBe(false);
  });
});

forEachDatabase((_name, open, newUrl) => {
  test("two nodes that append at the same time make one chain, and a check meanwhile finds no fault", async () => {
    const url = await newUrl();
    const nodes = [new AuditTrail(await open(url), silent), new AuditTrail(await open(url), silent)];
    const { db } = await open(url);
    let isOver = false;
    const writing = Promise.all(
      nodes.flatMap((audit, node) =>
        Array.from({ length: 60 }, async (_, index) => {
          // Some alone, some together: a batch of one node must not fall between those of the other.
          await new Promise((resolve) => setTimeout(resolve, index * 3));
          return audit.append({ principal, action: "x", detail: { node, index } }, "DONE");
        }),
      ),
    ).finally(() => {
      isOver = true;
    });
    while (!isOver) {
      expect((await verifyChain(db)).fault).toBeNull();
      // SQLite answers at once: without a turn of the loop nobody else would get one.
      await new Promise((resolve) => setImmediate(resolve));
    }
    const seqs = await writing;
    expect(seqs.sort((a, b) => a - b)).toEqual(Array.from({ length: 120 }, (_, index) => index + 1));
    expect(await verifyChain(db)).toMatchObject({ fitting: { seq: 120 }, fault: null });
    const written = (await trailOf(db)).map(({ detail }) => `${detail.node} ${detail.index}`);
    expect(new Set(written).size).toBe(120);
  });
}, sharedKinds);

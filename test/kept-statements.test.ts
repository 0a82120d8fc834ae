import SqliteDatabase from "better-sqlite3";
import { sql } from "kysely";
import { keptQuery, writtenRows } from "../src/store/kept-query.js";
import { readSetting, writeSetting } from "../src/store/setting.queries.js";
import { newSqliteUrl, openTestDatabase } from "./support/test-databases.js";

test("a query that was run before sees what another connection has changed, in rows and in columns", async () => {
  const url = await newSqliteUrl();
  const [one, other] = [await openTestDatabase(url), await openTestDatabase(url)];
  const read = () => one.db.selectFrom("settings").where("name", "=", "a").selectAll().execute();
  await writeSetting(one.db, "a", "1");
  expect(await read()).toEqual([{ name: "a", value: "1" }]);
  await writeSetting(other.db, "a", "2");
  await sql`alter table settings add column note text default 'n'`.execute(other.db);
  expect(await read()).toEqual([{ name: "a", value: "2", note: "n" }]);
  await sql`alter table settings drop column note`.execute(other.db);
  expect(await read()).toEqual([{ name: "a", value: "2" }]);
});

test("a query that failed can be run again", async () => {
  const { db } = await openTestDatabase("sqlite::memory:");
  const insert = (name: string) => db.insertInto("settings").values({ name, value: "v" }).execute();
  await insert("a");
  await expect(insert("a")).rejects.toMatchObject({ code: "SQLITE_CONSTRAINT_PRIMARYKEY" });
  await insert("b");
  expect(await readSetting(db, "b")).toBe("v");
});

test("a transaction that failed is followed by one that does not", async () => {
  const database = await openTestDatabase("sqlite::memory:");
  const write = (name: string, ends: () => void) =>
    database.transaction(async (tx) => {
      await writeSetting(tx, name, "v");
      ends();
    });
  const failing = write("a", () => {
    throw new Error("on purpose");
  });
  await expect(failing).rejects.toThrow("on purpose");
  await write("b", () => {});
  expect([await readSetting(database.db, "a"), await readSetting(database.db, "b")]).toEqual([null, "v"]);
});

test("more different queries than are kept are all answered", async () => {
  const { db } = await openTestDatabase("sqlite::memory:");
  await writeSetting(db, "a", "v");
  for (let round = 0; round < 2; round += 1) {
    for (let number = 0; number < 400; number += 1) {
      const { rows } = await sql<{
        n: number;
      }>`select ${sql.lit(number)} as n from settings where name = ${"a"}`.execute(db);
      expect(rows).toEqual([{ n: number }]);
    }
  }
});

test("a transaction that reads first and writes later is not overtaken in between", async () => {
  const url = await newSqliteUrl();
  const database = await openTestDatabase(url);
  const other = new SqliteDatabase(url.slice("sqlite:".length), { timeout: 0 });
  try {
    await database.transaction(async (tx) => {
      expect(await readSetting(tx, "a")).toBeNull();
      expect(() => other.exec("insert into settings values ('a', 'other')")).toThrow("locked");
      await writeSetting(tx, "a", "mine");
    });
    expect(other.prepare("select value from settings where name = 'a'").pluck().all()).toEqual(["mine"]);
  } finally {
    other.close();
  }
});

test("a kept text asks with the values of each time, and never in another order than its own", async () => {
  const { db } = await openTestDatabase("sqlite::memory:");
  for (const name of ["a", "b", "c"]) await writeSetting(db, name, `of ${name}`);
  const between = (...bounds: [string, string]) =>
    keptQuery(db, "settings between", bounds, () =>
      db.selectFrom("settings").where("name", ">=", bounds[0]).where("name", "<=", bounds[1]).select("value"),
    );
  expect(await between("a", "b")).toEqual([{ value: "of a" }, { value: "of b" }]);
  expect(await between("c", "d")).toEqual([{ value: "of c" }]);
  const turned = keptQuery(db, "settings, turned", ["b", "a"], () =>
    db.selectFrom("settings").where("name", ">=", "a").where("name", "<=", "b").select("value"),
  );
  await expect(turned).rejects.toThrow('"settings, turned" does not ask with its values in their order');
});

test("rows are written by their columns, whatever order they have them in", async () => {
  const { db } = await openTestDatabase("sqlite::memory:");
  const insert = (...rows: { name: string; value: string }[]) => {
    const { shape, values } = writtenRows(rows);
    return keptQuery(db, `settings ${shape}`, values, () => db.insertInto("settings").values(rows));
  };
  await insert({ name: "a", value: "1" }, { name: "b", value: "2" });
  await insert({ value: "3", name: "c" }, { name: "d", value: "4" });
  await insert({ name: "e", value: "5" }, { value: "6", name: "f" });
  const rows = await db.selectFrom("settings").select(["name", "value"]).orderBy("name").execute();
  expect(rows.map(({ name, value }) => `${name}${value}`).filter((text) => text.length === 2)).toEqual([
    "a1",
    "b2",
    "c3",
    "d4",
    "e5",
    "f6",
  ]);
  expect(() => writtenRows([{ name: "g", value: "7" }, { name: "h" }])).toThrow("differ in their columns");
  expect(() => writtenRows([{ name: "g", value: undefined }])).toThrow("has no value");
});

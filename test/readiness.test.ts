import SqliteDatabase from "better-sqlite3";
import { CuttableLine } from "./support/cuttable-line.js";
import { startTestGateway } from "./support/start-test-gateway.js";
import { forEachDatabase, newSqliteUrl } from "./support/test-databases.js";

async function ask(url: string, path: string) {
  const answer = await fetch(`${url}${path}`);
  return { status: answer.status, body: await answer.json() };
}

const ready = { status: 200, body: { status: "ok" } };
const alive = ready;
const notReady = (reason: string) => ({ status: 503, body: { status: "not ready", reason } });

async function startOnFile() {
  const databaseUrl = await newSqliteUrl();
  const { gateway } = await startTestGateway({ config: { databaseUrl } });
  const change = (statement: string) => {
    const database = new SqliteDatabase(databaseUrl.slice("sqlite:".length));
    database.exec(statement);
    database.close();
  };
  return { url: gateway.url, change };
}

test("a database that lacks a migration makes the gateway not ready, and does not make it dead", async () => {
  const { url, change } = await startOnFile();
  expect(await ask(url, "/readyz")).toEqual(ready);
  change("create table kept as select * from kysely_migration; delete from kysely_migration where name like '006%'");
  expect(await ask(url, "/readyz")).toEqual(
    notReady("The database lacks 006-recent-changes: another one was put in its place."),
  );
  expect(await ask(url, "/livez")).toEqual(alive);
  change("insert into kysely_migration select * from kept where name like '006%'");
  expect(await ask(url, "/readyz")).toEqual(ready);
});

test("a node whose database a newer version has migrated serves on, and says that it is to be replaced", async () => {
  const { url, change } = await startOnFile();
  change("insert into kysely_migration values ('999-later', '2030')");
  expect(await ask(url, "/readyz")).toEqual({
    status: 200,
    body: { status: "ok", detail: "A newer version has migrated the database: this node is to be replaced." },
  });
});

test("a database that cannot be read makes the gateway not ready", async () => {
  const { url, change } = await startOnFile();
  change("alter table kysely_migration rename to gone");
  expect(await ask(url, "/readyz")).toEqual(notReady("The database cannot be read."));
  expect(await ask(url, "/livez")).toEqual(alive);
  change("alter table gone rename to kysely_migration");
  expect(await ask(url, "/readyz")).toEqual(ready);
});

forEachDatabase(
  (_name, _open, newUrl) => {
    test("a database that hangs is told as one that does not answer, in time", async () => {
      const databaseUrl = new URL(await newUrl());
      const line = await CuttableLine.to(databaseUrl.href);
      databaseUrl.port = String(new URL(line.url).port);
      const { gateway } = await startTestGateway({ config: { databaseUrl: databaseUrl.href } });
      expect(await ask(gateway.url, "/readyz")).toEqual(ready);
      line.fallSilent();
      const startedAtMs = performance.now();
      expect(await ask(gateway.url, "/readyz")).toEqual(notReady("The database does not answer."));
      expect(performance.now() - startedAtMs).toBeLessThan(5_000);
      expect(await ask(gateway.url, "/livez")).toEqual(alive);
      line.mend();
      expect(await ask(gateway.url, "/readyz")).toEqual(ready);
    });
  },
  ["PostgreSQL"],
);

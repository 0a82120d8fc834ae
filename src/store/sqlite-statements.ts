// Prepared statements, kept by their text: to parse and plan one anew costs more than most of them take to run.

import type SqliteDatabase from "better-sqlite3";
import type { SqliteDatabase as KyselySqlite, SqliteStatement } from "kysely";
import { LRUCache } from "lru-cache";
import { isDurabilityLost } from "./database-unavailable.js";

const maxKept = 300;
// Longer ones are lists of some length, which hardly come twice.
const maxTextLength = 3_000;
// SQLite plans these anew by itself when the schema has changed; what changes the schema is used once.
const keepable = /^(select|insert|update|delete|with|begin|commit|rollback)\b/i;

/** What Kysely needs of a database, on statements that outlive a query. */
export function withKeptStatements(
  database: SqliteDatabase.Database,
  onDurabilityLost: (error: unknown) => void,
): KyselySqlite {
  const kept = new LRUCache<string, SqliteStatement>({ max: maxKept });
  return {
    close: () => void database.close(),
    prepare: (given): SqliteStatement => {
      // Every transaction writes in the end. One that began with reading would be refused then if another process had
      // written meanwhile; this one waits for its turn at the start.
      const text = given === "begin" ? "begin immediate" : given;
      const known = kept.get(text);
      // Never one that is still being read: Kysely lends the connection to one query at a time.
      if (known) return known;
      const statement = database.prepare(text);
      const rows = statement.reader ? readingRows(statement) : (statement as unknown as SqliteStatement);
      const usable = guarded(rows, onDurabilityLost);
      if (text.length <= maxTextLength && keepable.test(text)) kept.set(text, usable);
      return usable;
    },
  };
}

/** A commit writes to the disk. If that fails it must not be tried again: the system may have dropped what it held. */
function guarded(statement: SqliteStatement, onDurabilityLost: (error: unknown) => void): SqliteStatement {
  const guard = <T>(execute: () => T): T => {
    try {
      return execute();
    } catch (error) {
      if (isDurabilityLost(error)) onDurabilityLost(error);
      throw error;
    }
  };
  return {
    reader: statement.reader,
    all: (parameters) => guard(() => statement.all(parameters)),
    run: (parameters) => guard(() => statement.run(parameters)),
    iterate: (parameters) => statement.iterate(parameters),
  };
}

type Values = readonly unknown[];

/** The driver makes objects of rows at twice the cost of lists, of which they are made here. */
function readingRows(statement: SqliteDatabase.Statement): SqliteStatement {
  statement.raw();
  let maker = rowMaker(statement);
  const toRow = (values: Values) => {
    // Another process may have added columns to a table that all of is asked for.
    if (values.length !== maker.width) maker = rowMaker(statement);
    return maker.toRow(values);
  };
  return {
    reader: true,
    all: (parameters) => (statement.all(parameters) as Values[]).map(toRow),
    run: (parameters) => statement.run(parameters),
    iterate: function* (parameters) {
      for (const values of statement.iterate(parameters)) yield toRow(values as Values);
    },
  };
}

/** Written out for the statement's columns: an object that grows by one property after the other is made several times. */
function rowMaker(statement: SqliteDatabase.Statement) {
  const names = statement.columns().map(({ name }) => name);
  const properties = names.map((name, index) => `${JSON.stringify(name)}: values[${index}]`);
  const toRow = new Function("values", `return { ${properties.join(", ")} };`) as (values: Values) => unknown;
  return { width: names.length, toRow };
}

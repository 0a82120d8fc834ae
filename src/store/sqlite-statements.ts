// Prepared statements, kept by their text: to parse and plan one anew costs more than most of them take to run.

import type SqliteDatabase from "better-sqlite3";
import type { SqliteDatabase as KyselySqlite, SqliteStatement } from "kysely";
import { LRUCache } from "lru-cache";

const maxKept = 300;
// Longer ones are lists of some length, which hardly come twice.
const maxTextLength = 3_000;
// SQLite plans these anew by itself when the schema has changed; what changes the schema is used once.
const keepable = /^(select|insert|update|delete|with|begin|commit|rollback)\b/i;

/** What Kysely needs of a database, on statements that outlive a query. */
export function withKeptStatements(database: SqliteDatabase.Database): KyselySqlite {
  const kept = new LRUCache<string, SqliteDatabase.Statement>({ max: maxKept });
  return {
    close: () => void database.close(),
    prepare: (given): SqliteStatement => {
      // Every transaction writes in the end. One that began with reading would be refused then if another process had
      // written meanwhile; this one waits for its turn at the start.
      const text = given === "begin" ? "begin immediate" : given;
      const known = kept.get(text);
      // Never one that is still being read: Kysely lends the connection to one query at a time.
      if (known) return known as unknown as SqliteStatement;
      const statement = database.prepare(text);
      if (text.length <= maxTextLength && keepable.test(text)) kept.set(text, statement);
      return statement as unknown as SqliteStatement;
    },
  };
}

// What was written since one last looked.

import SqliteDatabase from "better-sqlite3";
import { type Kysely, sql } from "kysely";
import type { RecentChangesTable, Tables } from "./tables.js";

export interface RecentChanges {
  revision: number;
  /** Null where there were more than are kept. */
  changes: readonly RecentChangesTable[] | null;
}

/** Never shows what is not committed. Answers at once where that costs nothing. */
export interface ChangeWatch {
  /** Whether it answers without asking anybody. */
  readonly isAtOnce: boolean;
  /** Null: only which revision it is. */
  since(revision: number | null): RecentChanges | Promise<RecentChanges>;
  close(): void;
}

/**
 * On a connection of its own, which sees what is committed: the other one may be in the midst of a transaction, and is
 * busy then.
 */
export function watchSqliteFile(path: string): ChangeWatch {
  const database = new SqliteDatabase(path, { readonly: true, fileMustExist: true });
  const head = database.prepare("select revision from log_head").pluck();
  const later = database.prepare<[number], RecentChangesTable>(
    "select * from recent_changes where revision > ? order by revision",
  );
  return {
    isAtOnce: true,
    since(after) {
      const revision = head.get() as number;
      if (after === null || revision === after) return { revision, changes: [] };
      return toRecentChanges(after, revision, later.all(after));
    },
    close: () => database.close(),
  };
}

export function watchByQueries(db: Kysely<Tables>): ChangeWatch {
  return {
    isAtOnce: false,
    async since(after) {
      const rows = await db
        .selectFrom("log_head")
        .leftJoin("recent_changes", (join) =>
          join.on(after === null ? sql<boolean>`1 = 0` : sql<boolean>`recent_changes.revision > ${after}`),
        )
        .select(["log_head.revision as head", "recent_changes.revision", "customer_id", "tenant", "former_tenant"])
        .orderBy("recent_changes.revision")
        .execute();
      const head = (rows[0] as { head: number }).head;
      if (after === null || head === after) return { revision: head, changes: [] };
      // Where there is none, the join answers with a row of nothing.
      const changes = rows.filter(({ revision }) => revision !== null);
      return toRecentChanges(after, head, changes as RecentChangesTable[]);
    },
    close: () => {},
  };
}

/** Each revision wrote one row, so a gap shows by their number. */
function toRecentChanges(after: number, head: number, rows: readonly RecentChangesTable[]): RecentChanges {
  const revision = Math.max(head, rows.at(-1)?.revision ?? 0);
  return { revision, changes: rows.length === revision - after ? rows : null };
}

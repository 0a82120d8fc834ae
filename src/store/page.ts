// Keyset pages: newest first, by creation and id, so that a page costs the same however deep it lies.

import { type RawBuilder, type Selectable, type SelectQueryBuilder, type SqlBool, sql } from "kysely";
import type { Db } from "./database.js";
import type { Tables } from "./tables.js";

export interface PageKey {
  createdAt: number;
  id: string;
}

export interface PageRequest {
  first: number;
  after: PageKey | null;
}

/** The condition that a row comes after the key in the order of the page; both engines compare rows as pairs. */
export function isAfter(key: PageKey): RawBuilder<SqlBool> {
  return sql<SqlBool>`(created_at, id) < (${key.createdAt}, ${key.id})`;
}

/**
 * The first rows of those that the queries select, one more than asked for: it tells whether a next page exists. Each
 * query is answered in an index's own order and no further than a page; a list of values in one query could not be.
 */
export function newestOf<T extends "customers" | "payouts">(
  db: Db,
  queries: readonly SelectQueryBuilder<Tables, T, object>[],
  { first, after }: PageRequest,
): Promise<Selectable<Tables[T]>[]> {
  // Both tables have what is asked for here; Kysely cannot know it of a table that is not named.
  const branches = queries.map((query) => {
    const rows = (query as unknown as SelectQueryBuilder<Tables, "payouts", object>).selectAll();
    return inOrder(after ? rows.where(isAfter(after)) : rows);
  });
  const [only, ...others] = branches.map((branch) => db.selectFrom(branch.as("branch")).selectAll());
  if (!only) return Promise.resolve([]);
  const all = others.reduce((union, branch) => union.unionAll(branch), only);
  const page = branches.length === 1 && branches[0] ? branches[0] : inOrder(db.selectFrom(all.as("page")).selectAll());
  return page.execute() as unknown as Promise<Selectable<Tables[T]>[]>;

  function inOrder<DB, TB extends keyof DB, O>(query: SelectQueryBuilder<DB, TB, O>): SelectQueryBuilder<DB, TB, O> {
    return query
      .orderBy(sql`created_at`, "desc")
      .orderBy(sql`id`, "desc")
      .limit(first + 1);
  }
}

/** How many rows the queries select, counted one by one, all at the same moment. */
export async function countOf(
  db: Db,
  queries: readonly SelectQueryBuilder<Tables, "customers" | "payouts", object>[],
): Promise<number> {
  if (queries.length === 0) return 0;
  const counts = queries.map((query) => sql`(${query.select((eb) => eb.fn.countAll().as("total"))})`);
  const { rows } = await sql<{ total: number }>`select ${sql.join(counts, sql` + `)} as total`.execute(db);
  return Number(rows[0]?.total);
}

/** The column's value, for a condition that no index is to be chosen for: the rows are few by another one already. */
export function unindexed(column: string): RawBuilder<string> {
  return sql<string>`(${sql.ref(column)} || '')`;
}

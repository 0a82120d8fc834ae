// Queries whose text is made once. To build and print one costs more than SQLite takes to answer it by an index.

import { type Compilable, CompiledQuery } from "kysely";
import { LRUCache } from "lru-cache";
import type { Db } from "./database.js";

// A list of values has a text of its own for each length.
const maxCharacters = 2_000_000;
const keptByAdapter = new WeakMap<object, LRUCache<string, CompiledQuery>>();

/** `shape` is all that the query's text depends on, and `values` are the query's own, in their order. */
export async function keptQuery<Row>(
  db: Db,
  shape: string,
  values: readonly unknown[],
  build: () => Compilable<Row>,
): Promise<Row[]> {
  const kept = keptOf(db);
  let query = kept.get(shape) as CompiledQuery<Row> | undefined;
  if (!query) {
    const { sql, parameters } = build().compile();
    if (parameters.length !== values.length || parameters.some((value, index) => value !== values[index])) {
      throw new Error(`The query "${shape}" does not ask with its values in their order.`);
    }
    // Its text alone: what it was built of holds the values of this time.
    query = CompiledQuery.raw(sql) as CompiledQuery<Row>;
    kept.set(shape, query);
  }
  const { rows } = await db.executeQuery<Row>({ ...query, parameters: values });
  return rows;
}

/** Rows that are written: their columns in one order, and their values in the order of the columns. */
export function writtenRows<T extends object>(rows: readonly T[]): { shape: string; values: unknown[] } {
  const columns = Object.keys(rows[0] ?? {});
  const values: unknown[] = rows.flatMap((row) => {
    if (Object.keys(row).length !== columns.length) throw new Error("Rows of one insert differ in their columns.");
    return columns.map((column) => row[column as keyof T]);
  });
  if (values.includes(undefined)) throw new Error("A column of a written row has no value.");
  return { shape: `${columns.join()} ${rows.length}`, values };
}

function keptOf(db: Db): LRUCache<string, CompiledQuery> {
  // Transactions share it with the database that they are of.
  const { adapter } = db.getExecutor();
  let kept = keptByAdapter.get(adapter);
  if (!kept) {
    kept = new LRUCache({ maxSize: maxCharacters, sizeCalculation: ({ sql }, shape) => sql.length + shape.length });
    keptByAdapter.set(adapter, kept);
  }
  return kept;
}

// Queries whose text is made once. To build and print one costs more than SQLite takes to answer it by an index.

import type { Compilable, CompiledQuery } from "kysely";
import type { Db } from "./database.js";

// A list of values has a text of its own for each length.
const maxKept = 500;
const keptByAdapter = new WeakMap<object, Map<string, CompiledQuery>>();

/** `shape` is all that the query's text depends on, and `values` are the query's own, in their order. */
export async function keptQuery<Row>(
  db: Db,
  shape: string,
  values: readonly unknown[],
  build: () => Compilable<Row>,
): Promise<Row[]> {
  // Transactions share it with the database that they are of.
  const { adapter } = db.getExecutor();
  let kept = keptByAdapter.get(adapter);
  if (!kept) {
    kept = new Map();
    keptByAdapter.set(adapter, kept);
  }
  let compiled = kept.get(shape) as CompiledQuery<Row> | undefined;
  if (!compiled) {
    compiled = build().compile();
    const { parameters } = compiled;
    if (parameters.length !== values.length || parameters.some((value, index) => value !== values[index])) {
      throw new Error(`The query "${shape}" does not ask with its values in their order.`);
    }
    if (kept.size < maxKept) kept.set(shape, compiled);
  }
  const { rows } = await db.executeQuery<Row>({ ...compiled, parameters: values });
  return rows;
}

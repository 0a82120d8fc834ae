import { PostgresDialect } from "kysely";
import pg from "pg";

export function postgresDialect(url: string): PostgresDialect {
  // bigint arrives as text by default; instants and positions stay far below 2^53.
  const types = new pg.TypeOverrides();
  types.setTypeParser(pg.types.builtins.INT8, (text) => Number(text));
  const pool = new pg.Pool({ connectionString: url, types, max: 10, Client: NulFreeClient });
  // A connection that breaks fails the work it was lent to, if any, and is replaced. Without listeners, on the pool for
  // idle ones and on each for lent ones, it would end the process.
  pool.on("error", () => {});
  pool.on("connect", (client) => client.on("error", () => {}));
  return new PostgresDialect({ pool });
}

/**
 * PostgreSQL has no NUL in a text, and refuses the whole query for one. Ids and keys come from callers, so what holds one
 * is looked for, and kept, with the sign for an unreadable letter instead.
 */
class NulFreeClient extends pg.Client {
  // `never` fits the result of every overload: what comes out is the base class's own answer.
  override query(...[query, values, ...rest]: unknown[]): never {
    const readable = Array.isArray(values) ? values.map(withoutNul) : values;
    return (super.query as (...args: unknown[]) => unknown).call(this, query, readable, ...rest) as never;
  }
}

function withoutNul(value: unknown): unknown {
  return typeof value === "string" && value.includes("\0") ? value.replaceAll("\0", "\ufffd") : value;
}

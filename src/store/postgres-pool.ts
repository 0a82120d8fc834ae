// Connections to PostgreSQL of which every wait has an end. A connection that broke, timed out or belongs to a read-only
// server is closed instead of used again, and the idle ones with it: they lead to the same server.

import type { PostgresPoolClient, PostgresQueryResult, PostgresPool as UsablePool } from "kysely";
import pg from "pg";
import { codeOf, DatabaseUnavailable, isConnectionFault } from "./database-unavailable.js";

export interface PostgresTimeouts {
  connectMs: number;
  /** Until one of the connections is free. */
  poolMs: number;
  statementMs: number;
  lockMs: number;
  /** A node that is paused inside a transaction keeps its locks this long. Shorter than `lockMs`, so that others wait it out. */
  idleInTransactionMs: number;
  /** For a connection that never answers. Longer than `statementMs`, so that the server ends its work first. */
  answerMs: number;
}

export interface PostgresPoolOptions {
  url: string;
  timeouts: PostgresTimeouts;
  maxConnections: number;
  /** A pooler that gives each transaction another connection: settings of a session would reach other clients. */
  isBehindPooler: boolean;
}

// After a failover every connection leads to the new server within this time, whatever was noticed.
const maxAgeSeconds = 60;
const idleMs = 10_000;
const keepAliveMs = 10_000;
const nothing = { command: "SELECT" as const, rowCount: 0, rows: [] };

export class PostgresPool implements UsablePool {
  readonly #pool: pg.Pool;
  readonly #isBehindPooler: boolean;
  readonly #begin: string;
  readonly #generations = new WeakMap<pg.PoolClient, number>();
  #generation = 0;

  constructor({ url, timeouts, maxConnections, isBehindPooler }: PostgresPoolOptions) {
    this.#isBehindPooler = isBehindPooler;
    this.#begin = isBehindPooler
      ? ["begin isolation level read committed", ...settingsOf(timeouts).map(toLocal)].join("; ")
      : "begin isolation level read committed";
    // bigint arrives as text by default; instants and positions stay far below 2^53.
    const types = new pg.TypeOverrides();
    types.setTypeParser(pg.types.builtins.INT8, (text) => Number(text));
    const { connectMs, poolMs, answerMs } = timeouts;
    this.#pool = new pg.Pool({
      connectionString: isBehindPooler ? url : withSettings(url, timeouts),
      types,
      max: maxConnections,
      // The pool waits as long for a free connection as for a new one; the client below does not.
      connectionTimeoutMillis: poolMs,
      ...(answerMs > 0 ? { query_timeout: answerMs } : {}),
      keepAlive: true,
      keepAliveInitialDelayMillis: keepAliveMs,
      idleTimeoutMillis: idleMs,
      maxLifetimeSeconds: maxAgeSeconds,
      Client: clientOf(connectMs),
    });
    // A connection that breaks fails the work it was lent to, if any, and is replaced. Without listeners, on the pool for
    // idle ones and on each for lent ones, it would end the process.
    this.#pool.on("error", () => {});
    this.#pool.on("connect", (client) => {
      client.on("error", () => {});
      this.#generations.set(client, this.#generation);
    });
  }

  async connect(): Promise<PostgresPoolClient> {
    for (;;) {
      const client = await this.#pool.connect().catch((error) => {
        throw toUnavailable(error);
      });
      if (!this.#isOld(client)) return this.#lend(client);
      client.release(true);
    }
  }

  end(): Promise<void> {
    return this.#pool.end();
  }

  #isOld(client: pg.PoolClient): boolean {
    return this.#generations.get(client) !== this.#generation;
  }

  #lend(client: pg.PoolClient): PostgresPoolClient {
    return new LentConnection(client, {
      begin: this.#begin,
      hasOwnTransactions: this.#isBehindPooler,
      onSuspect: () => {
        this.#generation += 1;
      },
      release: (isBroken) => client.release(isBroken || this.#isOld(client)),
    });
  }
}

interface Loan {
  begin: string;
  /** Whether a statement outside of a transaction gets one of its own, which brings its settings. */
  hasOwnTransactions: boolean;
  /** The other connections may be no better. */
  onSuspect: () => void;
  release: (isBroken: boolean) => void;
}

class LentConnection implements PostgresPoolClient {
  readonly #client: pg.PoolClient;
  readonly #loan: Loan;
  #fault: unknown = null;
  #isInTransaction = false;

  constructor(client: pg.PoolClient, loan: Loan) {
    this.#client = client;
    this.#loan = loan;
  }

  // `never` fits the result of both overloads, of which cursors are not used.
  query(...[sql, parameters = []]: [sql: unknown, parameters?: ReadonlyArray<unknown>]): never {
    return this.#query(String(sql), parameters) as never;
  }

  release(): void {
    this.#loan.release(this.#fault !== null || this.#isInTransaction);
  }

  async #query<R>(sql: string, parameters: ReadonlyArray<unknown>): Promise<PostgresQueryResult<R>> {
    if (this.#fault !== null) {
      // The server undoes what is under way when the connection closes. What went wrong is known already.
      if (sql === "rollback") return nothing;
      throw this.#fault;
    }
    try {
      if (sql === "begin") return await this.#beginTransaction();
      if (sql === "commit" || sql === "rollback") return await this.#endTransaction(sql);
      const isAlone = this.#loan.hasOwnTransactions && !this.#isInTransaction;
      return await (isAlone ? this.#runAlone<R>(sql, parameters) : this.#run<R>(sql, parameters));
    } catch (error) {
      throw this.#note(error);
    }
  }

  async #beginTransaction() {
    this.#isInTransaction = true;
    await this.#client.query(this.#loan.begin);
    return nothing;
  }

  async #endTransaction(sql: "commit" | "rollback") {
    const { command } = await this.#client.query(sql);
    this.#isInTransaction = false;
    // This is how a commit is answered after a statement failed.
    if (sql === "commit" && command === "ROLLBACK") throw new Error("The transaction was rolled back.");
    return nothing;
  }

  async #run<R>(sql: string, parameters: ReadonlyArray<unknown>) {
    return (await this.#client.query(sql, [...parameters])) as unknown as PostgresQueryResult<R>;
  }

  async #runAlone<R>(sql: string, parameters: ReadonlyArray<unknown>) {
    await this.#beginTransaction();
    try {
      const result = await this.#run<R>(sql, parameters);
      await this.#endTransaction("commit");
      return result;
    } catch (error) {
      if (!isFatal(toUnavailable(error))) await this.#endTransaction("rollback");
      throw error;
    }
  }

  #note(error: unknown): unknown {
    const fault = toUnavailable(error);
    if (isFatal(fault)) this.#fault = fault;
    if (isSuspect(error)) this.#loan.onSuspect();
    return fault;
  }
}

/** The connection is not used again. */
function isFatal(error: unknown): boolean {
  return error instanceof DatabaseUnavailable || /^(08...|25006|25P0[34]|57014|57P0.)$/.test(codeOf(error));
}

/** The server is read-only, shuts down, or does not answer at all: so will its other connections. */
function isSuspect(error: unknown): boolean {
  return /^(25006|57P0[123])$/.test(codeOf(error)) || (error as Error).message === "Query read timeout";
}

function toUnavailable(error: unknown): unknown {
  if (!isConnectionFault(error)) return error;
  return new DatabaseUnavailable("The connection to the database failed.", { cause: error });
}

/** What the gateway needs of a session, whatever the server's defaults are. */
function settingsOf({ statementMs, lockMs, idleInTransactionMs }: PostgresTimeouts): [string, string][] {
  return [
    ["statement_timeout", String(statementMs)],
    ["lock_timeout", String(lockMs)],
    ["idle_in_transaction_session_timeout", String(idleInTransactionMs)],
  ];
}

function toLocal([name, value]: [string, string]): string {
  return `set local ${name} = ${value}`;
}

/** As the startup parameter `options`, which holds for the whole connection and costs no statement. */
export function withSettings(url: string, timeouts: PostgresTimeouts): string {
  const parsed = new URL(url);
  const settings = [...settingsOf(timeouts), ["default_transaction_isolation", "read\\ committed"]];
  const options = settings.map(([name, value]) => `-c ${name}=${value}`).join(" ");
  const given = parsed.searchParams.get("options");
  parsed.searchParams.set("options", given ? `${given} ${options}` : options);
  return parsed.href;
}

/**
 * PostgreSQL has no NUL in a text, and rejects the whole query for one. Ids and keys come from callers, so what holds one
 * is looked up, and stored, with the replacement character instead.
 */
function clientOf(connectMs: number): typeof pg.Client {
  return class extends pg.Client {
    constructor(config?: string | pg.ClientConfig) {
      super({ ...(config as pg.ClientConfig), connectionTimeoutMillis: connectMs });
    }

    // `never` fits the result of every overload: what comes out is the base class's own answer.
    override query(...[query, values, ...rest]: unknown[]): never {
      const readable = Array.isArray(values) ? values.map(withoutNul) : values;
      return (super.query as (...args: unknown[]) => unknown).call(this, query, readable, ...rest) as never;
    }
  };
}

function withoutNul(value: unknown): unknown {
  return typeof value === "string" && value.includes("\0") ? value.replaceAll("\0", "\ufffd") : value;
}

// Waits for another process's write without stopping this one: SQLite's own wait holds up everything that the process does.

import { setTimeout as sleep } from "node:timers/promises";
import { type CompiledQuery, type DatabaseConnection, type Driver, SqliteDialect, SqliteDriver } from "kysely";
import { codeOf } from "./database-unavailable.js";

const patienceMs = 5_000;
// Once somebody has held the file for longer than that, every query only looks whether it is free.
const laterPatienceMs = 250;
const betweenTriesMs = 10;

export class PatientSqliteDialect extends SqliteDialect {
  readonly #config: ConstructorParameters<typeof SqliteDialect>[0];

  constructor(config: ConstructorParameters<typeof SqliteDialect>[0]) {
    super(config);
    this.#config = config;
  }

  override createDriver(): Driver {
    return new PatientDriver(this.#config);
  }
}

class PatientDriver extends SqliteDriver {
  #connection: DatabaseConnection | null = null;

  override async acquireConnection(): Promise<DatabaseConnection> {
    const connection = await super.acquireConnection();
    this.#connection ??= patient(connection);
    return this.#connection;
  }

  /** SQLite undoes a transaction by itself when the disk is full or fails. The failure itself is what callers need. */
  override async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    try {
      await super.rollbackTransaction(connection);
    } catch (error) {
      if (!(error instanceof Error && error.message.includes("no transaction is active"))) throw error;
    }
  }
}

function patient(connection: DatabaseConnection): DatabaseConnection {
  let busySince: number | null = null;
  return {
    streamQuery: (query, chunkSize) => connection.streamQuery(query, chunkSize),
    async executeQuery<R>(query: CompiledQuery) {
      const startedAt = performance.now();
      for (;;) {
        try {
          const result = await connection.executeQuery<R>(query);
          // Readers never wait, and so tell nothing.
          if (query.sql === "begin") busySince = null;
          return result;
        } catch (error) {
          if (!codeOf(error).startsWith("SQLITE_BUSY")) throw error;
          const now = performance.now();
          busySince ??= startedAt;
          if (now > Math.max(busySince + patienceMs, startedAt + laterPatienceMs)) throw error;
          await sleep(betweenTriesMs);
        }
      }
    },
  };
}

export type DatabaseDialect = "sqlite" | "postgres";

/** How long SQLite waits for another process's write. */
export const busyTimeoutMs = 5_000;

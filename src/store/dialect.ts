export type DatabaseDialect = "sqlite" | "postgres";

/** How long SQLite itself waits for another process's write, which stops this process. Longer waits are patient-sqlite's. */
export const busyTimeoutMs = 20;

// What an operator does by command is in the audit trail like what callers do, before it is done and after.

import { type Act, type ActEnd, AuditTrail } from "../access/audit-trail.js";
import { readConfig } from "../config.js";
import type { Database } from "../store/database.js";
import { openDatabase } from "../store/database.js";
import { operatorTenant } from "../store/visibility.js";
import { createLogger, type Logger } from "../telemetry/logger.js";

export interface CommandAct extends Omit<Act, "principal" | "requestId"> {
  /** Whom it is about; the operator where it is about no tenant. */
  tenant?: string;
}

export type RecordCommand = <T>(act: CommandAct, work: () => Promise<T>, endOf: (result: T) => ActEnd) => Promise<T>;

/** Beside what a command prints, which may be read by a program. */
export function commandLogger(level = "error"): Logger {
  return createLogger(level, false, process.stderr);
}

/** Whatever else may still have to be set up. */
export function databaseUrl(): string {
  return readConfig(undefined, { isSigningSecretNeeded: false }).databaseUrl;
}

/** Opens the database for one command, and closes it. */
export async function withDatabase<T>(
  run: (database: Database, record: RecordCommand) => Promise<T>,
  url = databaseUrl(),
): Promise<T> {
  const database = await openDatabase(url);
  const audit = new AuditTrail(database, commandLogger());
  try {
    return await run(database, ({ tenant = operatorTenant, ...act }, work, endOf) =>
      audit.around({ ...act, principal: { id: "command", tenant } }, work, endOf),
    );
  } finally {
    await audit.stop();
    await database.close();
  }
}

/** Of work that answers whether there was anything to do it to. */
export function doneOrNotFound(isDone: boolean): ActEnd {
  return isDone ? { outcome: "DONE" } : { outcome: "REFUSED", detail: { code: "NOT_FOUND" } };
}

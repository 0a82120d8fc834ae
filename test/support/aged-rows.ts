// Rows as they are after some time, without waiting for it, and what is then done about them.

import {
  type KeptDays,
  Retention,
  type RetentionOptions,
  type RetentionReport,
} from "../../src/retention/retention.js";
import type { Database } from "../../src/store/database.js";
import { LogAppender, lockLog } from "../../src/store/status-log.queries.js";
import { logEntry } from "./stored-rows.js";

const dayMs = 86_400_000;

export const forEver: KeptDays = { status_log: null, inbox: null, audit: null };

/** Makes all entries that are there now so many days older. */
export async function ageLog({ db }: Database, days: number): Promise<void> {
  await db
    .updateTable("status_log")
    .set((eb) => ({ recorded_at: eb("recorded_at", "-", days * dayMs) }))
    .execute();
}

/** Removes what is older than it is kept, as a node does every hour. */
export function removeAged(
  database: Database,
  keptDays: Partial<KeptDays>,
  options?: RetentionOptions,
): Promise<RetentionReport | null> {
  return new Retention({ database, keptDays: { ...forEver, ...keptDays }, principalId: "retention" }).run(options);
}

/** All that is in the status log now is gone afterwards. */
export async function emptyLog(database: Database): Promise<void> {
  await ageLog(database, 100);
  await removeAged(database, { status_log: 90 });
}

/** Adds entries as one transaction would; answers their positions. */
export function append(database: Database, entries: readonly Parameters<typeof logEntry>[0][]): Promise<number[]> {
  return database.transaction(async (tx) => {
    const log = new LogAppender(tx, await lockLog(tx));
    const positions = entries.map((entry) => log.append(logEntry(entry)));
    await log.write();
    return positions;
  });
}

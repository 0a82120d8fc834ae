// Whether the gateway can keep its promises now. Redis and the provider are not asked: without them it is slower or serves
// what it knows, and is still the one to be asked.

import type { ClockSkew } from "../datasources/clock-skew.js";
import type { Database } from "../store/database.js";
import { migrationStateOfOpen } from "../store/migration-state.js";
import { logHead } from "../store/status-log.queries.js";

export interface Readiness {
  /** Why it is not ready; null where it is. */
  reason: string | null;
  /** What it does besides, or should be known. */
  detail: string | null;
}

export interface ReadinessParts {
  database: Database;
  importProgress: () => Promise<string | null>;
  clockSkew: ClockSkew;
}

// Shorter than whoever asks will wait: a database that hangs is told apart from a gateway that does.
const patienceMs = 2_000;

export function readinessCheck({ database, importProgress, clockSkew }: ReadinessParts): () => Promise<Readiness> {
  const look = async (): Promise<Readiness> => {
    const { pending, unknown } = await migrationStateOfOpen(database.db, database.dialect);
    if (pending.length > 0)
      return notReady(`The database lacks ${pending.join(", ")}: another one was put in its place.`);
    await logHead(database.db);
    const fault = await database.writeFault();
    if (fault !== null) return notReady(fault);
    // While nodes are replaced one by one, the older ones still serve.
    const newer = unknown.length > 0 ? "A newer version has migrated the database: this node is to be replaced." : null;
    const details = [await importProgress(), clockSkew.warning(), newer].filter((detail) => detail !== null);
    return { reason: null, detail: details.length > 0 ? details.join(" ") : null };
  };
  return async () => {
    let timer: NodeJS.Timeout | undefined;
    const tooLate = new Promise<Readiness>((resolve) => {
      timer = setTimeout(() => resolve(notReady("The database does not answer.")), patienceMs);
    });
    const looked = look().catch(() => notReady("The database cannot be read."));
    return Promise.race([looked, tooLate]).finally(() => clearTimeout(timer));
  };
}

function notReady(reason: string): Readiness {
  return { reason, detail: null };
}

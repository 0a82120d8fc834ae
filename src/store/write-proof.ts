// Proves that the database takes writes: reading alone also succeeds on a full disk, on a read-only server and from a file
// that was deleted.

import { statfs } from "node:fs/promises";
import { dirname } from "node:path";
import type { Kysely } from "kysely";
import { codeOf } from "./database-unavailable.js";
import type { SqliteFile } from "./sqlite-file.js";
import type { Tables } from "./tables.js";

// A transaction writes some pages, and the journal needs as many again.
const minFreeBytes = 1_000_000;
const provenForMs = 1_000;
// A small write can succeed where a larger one does not: what failed lately counts as well.
const failureCountsMs = 5_000;

export interface WriteProof {
  /** Why nothing can be written; null where it can. */
  fault(): Promise<string | null>;
  /** A transaction failed. */
  note(error: unknown): void;
}

export function createWriteProof(db: Kysely<Tables>, file: SqliteFile | null, now: () => number): WriteProof {
  let proven: Promise<string | null> | null = null;
  let provenAt = Number.NEGATIVE_INFINITY;
  let full = { until: Number.NEGATIVE_INFINITY };
  const prove = async (): Promise<string | null> => {
    try {
      file?.requireSame();
      if (file && (await freeBytes(file.path)) < minFreeBytes) return diskFull;
      await writeRow(db, String(now()));
      return performance.now() < full.until ? diskFull : null;
    } catch (error) {
      return reasonOf(error);
    }
  };
  return {
    fault: () => {
      if (!proven || performance.now() - provenAt > provenForMs) {
        provenAt = performance.now();
        proven = prove();
      }
      return proven;
    },
    note: (error) => {
      if (/^(SQLITE_FULL|53100)$/.test(codeOf(error))) full = { until: performance.now() + failureCountsMs };
    },
  };
}

// One row for all nodes.
function writeRow(db: Kysely<Tables>, value: string) {
  return db
    .insertInto("settings")
    .values({ name: "readiness", value })
    .onConflict((conflict) => conflict.column("name").doUpdateSet({ value }))
    .execute();
}

const diskFull = "The disk of the database is full.";

async function freeBytes(path: string): Promise<number> {
  const { bavail, bsize } = await statfs(dirname(path));
  return bavail * bsize;
}

function reasonOf(error: unknown): string {
  const code = codeOf(error);
  if (code === "FILE_REPLACED") return (error as Error).message;
  if (/^(SQLITE_FULL|53100)$/.test(code)) return diskFull;
  if (/^(25006$|SQLITE_READONLY)/.test(code)) return "The database is read-only.";
  return "The database cannot be written.";
}

import { accessSync, constants, existsSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { connectDatabase } from "../../store/database.js";
import { migrationState } from "../../store/migration-state.js";
import { messageOf } from "../answer.js";
import { type Finding, fault, note, ok, within } from "./finding.js";

const check = "database";
const patienceMs = 5_000;

export async function checkDatabase(url: string): Promise<Finding> {
  const path = url.startsWith("sqlite:") ? url.slice("sqlite:".length) : null;
  if (path === ":memory:") return note(check, "It is in memory: nothing outlives a restart.");
  try {
    if (path !== null && !existsSync(path)) {
      accessSync(nearestFolder(path), constants.W_OK);
      return note(check, `${path} is not there yet: the first start makes it.`);
    }
    return await checkShape(url);
  } catch (error) {
    const remedy =
      path === null ? "Start the server, or correct DATABASE_URL." : "Correct DATABASE_URL, or the file's rights.";
    return fault(check, `The database cannot be opened: ${messageOf(error)}.`, remedy);
  }
}

async function checkShape(url: string): Promise<Finding> {
  const { db, dialect } = await connectDatabase(url);
  try {
    const { executed, pending, unknown } = await within(patienceMs, migrationState(db, dialect));
    if (unknown.length > 0) {
      const says = `A newer version has migrated it (${unknown.join(", ")}): this one refuses to start on it.`;
      return fault(check, says, "Run that version, or restore a copy of before.");
    }
    if (executed.length === 0) return note(check, "It is empty: the first start migrates it.");
    if (pending.length > 0) {
      return fault(check, `It lacks ${pending.join(", ")}.`, "Stop older nodes and run: payout-gateway migrate");
    }
    return ok(check, `${dialect}, ${executed.length} migrations, none lacks.`);
  } finally {
    // Not waited for: it may be what hangs.
    db.destroy().catch(() => {});
  }
}

function nearestFolder(path: string): string {
  let folder = dirname(resolve(path));
  while (!existsSync(folder)) folder = dirname(folder);
  return folder;
}

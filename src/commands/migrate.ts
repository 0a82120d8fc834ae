import type { Command } from "commander";
import { connectDatabase } from "../store/database.js";
import { migrationState } from "../store/migration-state.js";
import { type Answer, answering } from "./answer.js";
import { databaseUrl, withDatabase } from "./record-command.js";

export function addMigrate(program: Command): void {
  program
    .command("migrate")
    .description("bring the database to its newest shape, as every start does")
    .action(answering(migrate));
}

async function migrate(): Promise<Answer> {
  const url = databaseUrl();
  const { db, dialect } = await connectDatabase(url);
  const { pending } = await migrationState(db, dialect).finally(() => db.destroy());
  return withDatabase(async (_database, record) => {
    const text = pending.length > 0 ? `Migrated: ${pending.join(", ")}` : "Nothing to do: the database is up to date.";
    // Only now is there a trail to write it into.
    if (pending.length > 0) {
      await record(
        { action: "migrate" },
        async () => pending,
        () => ({ outcome: "DONE", detail: { migrations: pending } }),
      );
    }
    return { text, json: { migrated: pending } };
  }, url);
}

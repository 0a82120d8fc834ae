// Which migrations a database has been through, beside those that this version knows.

import { type Kysely, sql } from "kysely";
import type { DatabaseDialect } from "./dialect.js";
import { migrationsOf } from "./migrations.js";

export interface MigrationState {
  executed: string[];
  pending: string[];
  /** Of a newer version. */
  unknown: string[];
}

type AnyDb = Pick<Kysely<never>, "introspection" | "getExecutor">;

/** A version of later was here: what it has made of the tables, this one cannot know. */
export class NewerDatabase extends Error {
  override readonly name = "NewerDatabase";

  constructor(unknown: readonly string[]) {
    super(
      `A newer version has migrated the database (${unknown.join(", ")}). Run that version, or this one on a copy from before.`,
    );
  }
}

/** Of whatever database, also one that is empty. */
export async function migrationState(db: AnyDb, dialect: DatabaseDialect): Promise<MigrationState> {
  const tables = await db.introspection.getTables({ withInternalKyselyTables: true });
  if (tables.some(({ name }) => name === "kysely_migration")) return migrationStateOfOpen(db, dialect);
  return { executed: [], pending: await knownNames(dialect), unknown: [] };
}

/** Of one that was migrated when it was opened: one small query. */
export async function migrationStateOfOpen(db: AnyDb, dialect: DatabaseDialect): Promise<MigrationState> {
  const { rows } = await sql<{ name: string }>`select name from kysely_migration order by name`.execute(db);
  const executed = rows.map(({ name }) => name);
  const known = await knownNames(dialect);
  return {
    executed,
    pending: known.filter((name) => !executed.includes(name)),
    unknown: executed.filter((name) => !known.includes(name)),
  };
}

async function knownNames(dialect: DatabaseDialect): Promise<string[]> {
  return Object.keys(await migrationsOf(dialect).getMigrations());
}

// Puts a backup in the place of the database that DATABASE_URL names, while no gateway runs on it:
//   DATABASE_URL=… node ops/restore.js FILE --replace
// The log gets a new name: positions after the backup will be given out again for other changes, and who still holds one of
// the old ones must be told to begin anew instead of missing them. What the provider has is imported once more.
import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { closeSync, copyFileSync, existsSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import SqliteDatabase from "better-sqlite3";
import { databaseOf, passwordApart } from "./database-url.js";

const [file, flag] = process.argv.slice(2);
const { url, path } = databaseOf(process.env.DATABASE_URL);
if (!file || (flag !== undefined && flag !== "--replace")) {
  console.error("Usage: DATABASE_URL=… node ops/restore.js FILE [--replace]");
  process.exit(2);
}
const logId = randomBytes(6).toString("hex");
const afterwards = `update log_head set log_id = '${logId}'; delete from settings where name like 'import.%'`;

try {
  if (path) restoreSqlite(path);
  else restorePostgres();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}
console.log(`Restored from ${file}.`);

function restoreSqlite(path) {
  if (existsSync(path) && flag !== "--replace")
    throw new Error(`${path} is there: give --replace to put the backup in its place.`);
  mkdirSync(dirname(path), { recursive: true });
  const fresh = `${path}.restoring`;
  copyFileSync(file, fresh);
  try {
    const database = new SqliteDatabase(fresh, { fileMustExist: true });
    database.pragma("journal_mode = DELETE");
    const verdict = database.pragma("integrity_check", { simple: true });
    if (verdict !== "ok") throw new Error(`The backup is not sound: ${verdict}`);
    database.exec(afterwards);
    database.close();
    const descriptor = openSync(fresh, "r+");
    fsyncSync(descriptor);
    closeSync(descriptor);
  } catch (error) {
    rmSync(fresh, { force: true });
    throw error;
  }
  // What these hold belongs to the file that goes.
  for (const ending of ["-wal", "-shm"]) rmSync(`${path}${ending}`, { force: true });
  renameSync(fresh, path);
}

function restorePostgres() {
  const { target, environment } = passwordApart(url);
  const options = { env: environment, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] };
  const ask = (query) =>
    execFileSync("psql", ["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-c", query, target], options).trim();
  if (ask("select to_regclass('log_head')") !== "" && flag !== "--replace") {
    throw new Error("The database has a gateway's tables: give --replace to put the backup in their place.");
  }
  const restore = ["--clean", "--if-exists", "--no-owner", "--single-transaction", "--exit-on-error"];
  execFileSync("pg_restore", [...restore, `--dbname=${target}`, file], options);
  ask(afterwards);
}

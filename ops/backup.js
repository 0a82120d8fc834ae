// Copies the database that DATABASE_URL names to a new file in a folder, while the gateway goes on, and prints its path:
//   DATABASE_URL=… node ops/backup.js FOLDER
import { execFileSync } from "node:child_process";
import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import SqliteDatabase from "better-sqlite3";
import { databaseOf, passwordApart } from "./database-url.js";

const [folder] = process.argv.slice(2);
const { url, path } = databaseOf(process.env.DATABASE_URL);
if (!folder) {
  console.error("Usage: DATABASE_URL=… node ops/backup.js FOLDER");
  process.exit(2);
}
mkdirSync(folder, { recursive: true });
const stamp = new Date().toISOString().replace(/[:.]/g, "-");
const file = join(folder, `gateway-${stamp}.${path ? "db" : "dump"}`);
// Under another name until it is whole: a copy that broke off must not pass for one.
const partial = `${file}.partial`;
try {
  if (path) {
    const source = new SqliteDatabase(path, { readonly: true, fileMustExist: true });
    await source.backup(partial);
    source.close();
    const copy = new SqliteDatabase(partial);
    copy.pragma("journal_mode = DELETE");
    const verdict = copy.pragma("integrity_check", { simple: true });
    copy.close();
    if (verdict !== "ok") throw new Error(`The copy is not sound: ${verdict}`);
  } else {
    const { target, environment } = passwordApart(url);
    execFileSync("pg_dump", ["--format=custom", "--no-owner", `--file=${partial}`, target], {
      env: environment,
      stdio: ["ignore", "inherit", "inherit"],
    });
    execFileSync("pg_restore", ["--list", partial], { stdio: ["ignore", "ignore", "inherit"] });
  }
  const descriptor = openSync(partial, "r+");
  fsyncSync(descriptor);
  closeSync(descriptor);
  renameSync(partial, file);
} catch (error) {
  rmSync(partial, { force: true });
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}
console.log(file);

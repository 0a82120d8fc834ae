// What the disk allows whoever wants to have things on it before going on.

import { closeSync, fdatasyncSync, openSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import SqliteDatabase from "better-sqlite3";
import { nowMs } from "./clock.js";

const block = Buffer.alloc(4096, 1);

export function syncsPerSecond(directory: string, seconds: number): number {
  const file = join(directory, "syncs");
  const descriptor = openSync(file, "w");
  const perSecond = repeat(seconds, () => {
    writeSync(descriptor, block);
    fdatasyncSync(descriptor);
  });
  closeSync(descriptor);
  rmSync(file);
  return perSecond;
}

export function commitsPerSecond(directory: string, seconds: number): number {
  const file = join(directory, "commits.db");
  const db = new SqliteDatabase(file);
  db.pragma("journal_mode = WAL");
  db.pragma("synchronous = FULL");
  db.exec("create table rows (id integer primary key, body text)");
  const insert = db.prepare("insert into rows (body) values (?)");
  const perSecond = repeat(seconds, () => insert.run("a row of some length, as an event would be"));
  db.close();
  rmSync(file);
  return perSecond;
}

function repeat(seconds: number, work: () => void): number {
  const startedAt = nowMs();
  let times = 0;
  while (nowMs() - startedAt < seconds * 1000) {
    work();
    times += 1;
  }
  return times / ((nowMs() - startedAt) / 1000);
}

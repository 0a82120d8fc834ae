// npm run audit -- verify | list: whether the audit trail is whole, and what it says. It needs no running gateway.

import { verifyChain } from "../access/audit-chain.js";
import { readConfig } from "../config.js";
import { auditPage } from "../store/audit.queries.js";
import { type Db, openDatabase } from "../store/database.js";

const usage = `Usage: audit verify [ID HASH]   (with an entry's hash that was kept elsewhere: it must still be there)
       audit list [COUNT]       (the newest entries, 50 unless told)`;

async function verify(db: Db, [id, hash]: string[]): Promise<void> {
  const { fitting, fault } = await verifyChain(db, id && hash ? { seq: Number(id), hash } : null);
  if (fault) {
    console.error(`Entry ${fault.seq} ${fault.reason}. The ${fitting.seq} before it fit.`);
    process.exitCode = 1;
    return;
  }
  const last = fitting.seq === 0 ? "There is none yet." : `Keep the last one elsewhere: ${fitting.seq} ${fitting.hash}`;
  console.log(`All entries fit: ${fitting.seq}. ${last}`);
}

async function list(db: Db, count: number): Promise<void> {
  console.log(["id", "at", "tenant", "principal", "action", "object", "outcome", "detail", "request"].join("\t"));
  for (const row of await auditPage(db, {}, { first: count - 1, before: null })) {
    const object = row.object_id === null ? "-" : `${row.object_type} ${row.object_id}`;
    const at = new Date(row.at).toISOString();
    const { seq, tenant, principal, action, outcome, detail, request_id: request } = row;
    console.log([seq, at, tenant, principal, action, object, outcome, detail ?? "-", request ?? "-"].join("\t"));
  }
}

const [command, ...args] = process.argv.slice(2);
const isVerify = command === "verify" && (args.length === 0 || /^[1-9]\d{0,14} [0-9a-f]{64}$/.test(args.join(" ")));
const isList = command === "list" && /^([1-9]\d{0,5})?$/.test(args.join(" "));
if (isVerify || isList) {
  const { db, close } = await openDatabase(readConfig().databaseUrl);
  try {
    await (isVerify ? verify(db, args) : list(db, Number(args[0] ?? 50)));
  } finally {
    await close();
  }
} else {
  console.error(usage);
  process.exitCode = 2;
}

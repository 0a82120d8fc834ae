// npm run keys -- create | list | revoke: API keys for partners. A running gateway hears of a change within seconds.

import { parseArgs } from "node:util";
import { ApiKeys } from "../access/api-keys.js";
import { isScope, type Scope, scopes } from "../access/scopes.js";
import { readConfig } from "../config.js";
import { operatorTenant } from "../store/visibility.js";
import { doneOrNotFound, type RecordCommand, withDatabase } from "./record-command.js";

const usage = `Usage: keys create --tenant NAME --scope "SCOPE …" [--name TEXT] [--days N]
       keys list
       keys revoke ID
Scopes: ${scopes.join(", ")}. Without --days a key does not expire.`;
const dayMs = 86_400_000;

interface CreateOptions {
  tenant?: string;
  scope?: string;
  name?: string;
  days?: string;
}

function toNewKey({ tenant, scope, name, days }: CreateOptions) {
  const words = scope?.split(/[\s,]+/).filter((word) => word !== "") ?? [];
  const unknown = words.find((word) => !isScope(word));
  if (unknown !== undefined) throw new Error(`--scope: there is no scope ${JSON.stringify(unknown)}.`);
  if (words.length === 0) throw new Error("--scope: needed.");
  const isOperator = words.includes("operator");
  if (!tenant && !isOperator) throw new Error("--tenant: needed, unless the key is an operator's.");
  if (tenant === operatorTenant && !isOperator) throw new Error("--tenant: this name is the operator's own.");
  if (days !== undefined && !/^[1-9]\d{0,4}$/.test(days)) throw new Error("--days: must be a whole number above 0.");
  const expiresAt = days === undefined ? null : new Date(Date.now() + Number(days) * dayMs);
  return { tenant: tenant ?? operatorTenant, name: name ?? null, scopes: words as Scope[], expiresAt };
}

function day(instant: number | null): string {
  return instant === null ? "-" : new Date(instant).toISOString();
}

async function create(keys: ApiKeys, record: RecordCommand, options: CreateOptions): Promise<void> {
  const wanted = toNewKey(options);
  const { id, key } = await record(
    { action: "createKey", tenant: wanted.tenant, detail: { scopes: wanted.scopes } },
    () => keys.create(wanted),
    (made) => ({ outcome: "DONE", object: { type: "key", id: made.id } }),
  );
  console.log(`${key}\n\nThis is the only time that the key is shown. It is revoked with: keys revoke ${id}`);
}

async function revoke(keys: ApiKeys, record: RecordCommand, id: string): Promise<void> {
  const row = (await keys.list()).find((key) => key.id === id);
  // What names no key may be a whole one, by mistake: it is not written down.
  const object = row ? { type: "key", id } : null;
  const act = { action: "revokeKey", tenant: row?.tenant ?? operatorTenant, object };
  if (!(await record(act, () => keys.revoke(id), doneOrNotFound))) {
    throw new Error("There is no such key that still counts.");
  }
  console.log("Revoked. Running gateways close what it opened within seconds.");
}

async function run(
  keys: ApiKeys,
  record: RecordCommand,
  command: string | undefined,
  ids: string[],
  options: CreateOptions,
): Promise<void> {
  if (command === "create" && ids.length === 0) {
    await create(keys, record, options);
  } else if (command === "list" && ids.length === 0) {
    console.log(["id", "tenant", "scopes", "name", "created", "last used", "expires", "revoked"].join("\t"));
    for (const row of await keys.list()) {
      const instants = [row.created_at, row.last_used_at, row.expires_at, row.revoked_at].map(day);
      console.log([row.id, row.tenant, row.scopes, row.name ?? "-", ...instants].join("\t"));
    }
  } else if (command === "revoke" && ids.length === 1) {
    await revoke(keys, record, ids[0] as string);
  } else {
    throw new Error(usage);
  }
}

const text = { type: "string" } as const;
try {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: { tenant: text, scope: text, name: text, days: text },
  });
  const [command, ...ids] = positionals;
  await withDatabase(readConfig().databaseUrl, (database, record) =>
    run(new ApiKeys(database), record, command, ids, values),
  );
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 2;
}

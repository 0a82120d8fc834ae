// keys create | list | revoke: API keys for partners. A running gateway hears of a change within seconds.

import { type Command, InvalidArgumentError } from "commander";
import { ApiKeys } from "../access/api-keys.js";
import { isScope, type Scope, scopes } from "../access/scopes.js";
import { operatorTenant } from "../store/visibility.js";
import { type Answer, answering, Refused, toTable } from "./answer.js";
import { doneOrNotFound, withDatabase } from "./record-command.js";

const dayMs = 86_400_000;

interface CreateOptions {
  tenant?: string;
  scope: Scope[];
  name?: string;
  days?: number;
}

export function addKeys(program: Command): void {
  const keys = program.command("keys").description("API keys for partners");
  keys
    .command("create")
    .description("make a key; it is shown this once")
    .option("--tenant <name>", "whose customers and payouts it opens; needed, unless it is an operator's key")
    .requiredOption("--scope <scopes>", `what it may do: ${scopes.join(", ")}`, toScopes)
    .option("--name <text>", "a note of whose it is")
    .option("--days <number>", "how long it counts; without it, for ever", toDays)
    .action((options: CreateOptions, command: Command) => {
      const fault = faultOf(options);
      if (fault) command.error(`error: ${fault}`);
      return answering(create)(options, command);
    });
  keys.command("list").description("all keys, without their secrets").action(answering(list));
  keys.command("revoke <id>").description("make a key count no more").action(answering(revoke));
}

function toScopes(text: string): Scope[] {
  const words = text.split(/[\s,]+/).filter((word) => word !== "");
  const unknown = words.find((word) => !isScope(word));
  if (unknown !== undefined) throw new InvalidArgumentError(`There is no scope ${JSON.stringify(unknown)}.`);
  if (words.length === 0) throw new InvalidArgumentError("At least one is needed.");
  return words as Scope[];
}

function toDays(text: string): number {
  if (!/^[1-9]\d{0,4}$/.test(text)) throw new InvalidArgumentError("It must be a whole number above 0.");
  return Number(text);
}

function faultOf({ tenant, scope }: CreateOptions): string | null {
  const isOperator = scope.includes("operator");
  if (!tenant && !isOperator) return "--tenant: needed, unless the key is an operator's.";
  if (tenant === operatorTenant && !isOperator) return "--tenant: this name is the operator's own.";
  return null;
}

function create({ tenant = operatorTenant, scope, name, days }: CreateOptions): Promise<Answer> {
  return withDatabase(async (database, record) => {
    const expiresAt = days === undefined ? null : new Date(database.clock.now() + days * dayMs);
    const { id, key } = await record(
      { action: "createKey", tenant, detail: { scopes: scope } },
      () => new ApiKeys(database).create({ tenant, name: name ?? null, scopes: scope, expiresAt }),
      (made) => ({ outcome: "DONE", object: { type: "key", id: made.id } }),
    );
    const text = `${key}\n\nThis is the only time that the key is shown. It is revoked with: keys revoke ${id}`;
    return { text, json: { id, key, tenant, scopes: scope, expiresAt } };
  });
}

function list(): Promise<Answer> {
  return withDatabase(async (database) => {
    const rows = (await new ApiKeys(database).list()).map((row) => ({
      id: row.id,
      tenant: row.tenant,
      scopes: row.scopes,
      name: row.name,
      createdAt: toTime(row.created_at),
      lastUsedAt: toTime(row.last_used_at),
      expiresAt: toTime(row.expires_at),
      revokedAt: toTime(row.revoked_at),
    }));
    const heading = ["id", "tenant", "scopes", "name", "created", "last used", "expires", "revoked"];
    return { text: toTable(heading, rows.map(Object.values)), json: rows };
  });
}

function toTime(instant: number | null): string | null {
  return instant === null ? null : new Date(instant).toISOString();
}

function revoke(id: string): Promise<Answer> {
  return withDatabase(async (database, record) => {
    const keys = new ApiKeys(database);
    const row = (await keys.list()).find((key) => key.id === id);
    // What names no key may be a whole one, by mistake: it is not written down.
    const object = row ? { type: "key", id } : null;
    const act = { action: "revokeKey", tenant: row?.tenant ?? operatorTenant, object };
    if (!(await record(act, () => keys.revoke(id), doneOrNotFound))) {
      throw new Refused("There is no such key that still counts.");
    }
    return { text: "Revoked. Running gateways close what it opened within seconds.", json: { revoked: id } };
  });
}

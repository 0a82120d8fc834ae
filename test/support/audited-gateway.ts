// A gateway that asks for keys, on a database that the test looks into as well.

import { ApiKeys } from "../../src/access/api-keys.js";
import type { Scope } from "../../src/access/scopes.js";
import { type AuditRow, auditAfter } from "../../src/store/audit.queries.js";
import type { Database, Db } from "../../src/store/database.js";
import { startTestGateway, type TestGateway, type TestGatewayOptions } from "./start-test-gateway.js";
import type { Answer } from "./test-client.js";
import { newSqliteUrl, openTestDatabase } from "./test-databases.js";

export interface AuditedGateway extends TestGateway {
  database: Database;
  keys: ApiKeys;
  keyFor(tenant: string, scopes: readonly Scope[]): Promise<{ id: string; key: string }>;
  // biome-ignore lint/suspicious/noExplicitAny: the test knows what it asked for
  ask(key: string | null, query: string, variables?: object): Promise<Answer<any> & { status: number }>;
}

export async function startAuditedGateway(
  { config, ...options }: TestGatewayOptions = {},
  databaseUrl?: string,
): Promise<AuditedGateway> {
  const url = databaseUrl ?? (await newSqliteUrl());
  const auth = { isDisabled: false, tokens: null };
  const started = await startTestGateway({ ...options, config: { auth, ...config, databaseUrl: url } });
  const database = await openTestDatabase(url);
  const keys = new ApiKeys(database);
  return {
    ...started,
    database,
    keys,
    keyFor: (tenant, scopes) => keys.create({ tenant, name: null, scopes, expiresAt: null }),
    ask: async (key, query, variables = {}) => {
      const headers: Record<string, string> = key === null ? {} : { authorization: `Bearer ${key}` };
      const response = await started.client.post({ query, variables }, headers);
      return { ...((await response.json()) as Answer), status: response.status };
    },
  };
}

export interface EntrySeen extends Omit<AuditRow, "detail"> {
  // biome-ignore lint/suspicious/noExplicitAny: the test knows what it looks for
  detail: any;
}

/** The whole trail, oldest first. */
export async function trailOf(db: Db): Promise<EntrySeen[]> {
  const rows = await auditAfter(db, 0, 10_000);
  return rows.map((row) => ({ ...row, detail: row.detail === null ? null : JSON.parse(row.detail) }));
}

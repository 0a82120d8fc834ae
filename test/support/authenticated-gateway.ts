// A gateway that asks everybody for an API key, and keys for it.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ApiKeys } from "../../src/access/api-keys.js";
import { type Scope, scopes } from "../../src/access/scopes.js";
import { openDatabase } from "../../src/store/database.js";
import { startTestGateway, type TestGateway, type TestGatewayOptions } from "./start-test-gateway.js";

export interface AuthenticatedGateway extends TestGateway {
  databaseUrl: string;
  /** A new key's header; without scopes it opens all of a tenant's own. */
  keyOf(tenant: string, given?: readonly Scope[]): Promise<{ authorization: string }>;
}

const ownScopes = scopes.filter((scope) => scope !== "operator");
const folders = new Set<string>();

afterEach(async () => {
  for (const folder of folders) await rm(folder, { recursive: true, force: true });
  folders.clear();
});

export async function startAuthenticatedGateway(options: TestGatewayOptions = {}): Promise<AuthenticatedGateway> {
  const folder = await mkdtemp(join(tmpdir(), "authenticated-gateway-"));
  folders.add(folder);
  const databaseUrl = `sqlite:${join(folder, "gateway.db")}`;
  const gateway = await startTestGateway({
    ...options,
    config: { databaseUrl, auth: { isDisabled: false, tokens: null }, ...options.config },
  });
  return {
    ...gateway,
    databaseUrl,
    async keyOf(tenant, given = ownScopes) {
      const database = await openDatabase(databaseUrl);
      try {
        const { key } = await new ApiKeys(database).create({ tenant, name: null, scopes: given, expiresAt: null });
        return { authorization: `Bearer ${key}` };
      } finally {
        await database.close();
      }
    },
  };
}

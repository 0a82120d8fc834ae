// A gateway that asks for credentials, and clients that have some.

import { ApiKeys } from "../../src/access/api-keys.js";
import { type Scope, scopes } from "../../src/access/scopes.js";
import type { Database } from "../../src/store/database.js";
import { startTestGateway, type TestGateway, type TestGatewayOptions } from "./start-test-gateway.js";
import { TestClient } from "./test-client.js";
import { newSqliteUrl, openTestDatabase } from "./test-databases.js";
import type { TokenIssuer } from "./token-issuer.js";

export const everyPartnerScope: readonly Scope[] = scopes.filter((scope) => scope !== "operator");

export interface KeyedGateway extends TestGateway {
  database: Database;
  keys: ApiKeys;
  /** A client with a key of its own. */
  clientOf(tenant: string, given?: readonly Scope[]): Promise<TestClient & { key: string; keyId: string }>;
  /** A client with any credential, or with none. */
  clientWith(credential?: string): TestClient;
}

export interface KeyedGatewayOptions extends TestGatewayOptions {
  issuer?: TokenIssuer;
  databaseUrl?: string;
}

const clients = new Set<TestClient>();
afterEach(async () => {
  for (const client of clients) await client.stop();
  clients.clear();
});

export async function startKeyedGateway({ issuer, ...options }: KeyedGatewayOptions = {}): Promise<KeyedGateway> {
  const databaseUrl = options.databaseUrl ?? (await newSqliteUrl());
  const started = await startTestGateway({
    ...options,
    config: { ...options.config, databaseUrl, auth: { isDisabled: false, tokens: issuer?.config ?? null } },
  });
  const database = await openTestDatabase(databaseUrl);
  const keys = new ApiKeys(database);
  const clientWith = (credential?: string) => {
    const client = new TestClient(started.gateway.url, credential);
    clients.add(client);
    return client;
  };
  const clientOf = async (tenant: string, given: readonly Scope[] = everyPartnerScope) => {
    const { id, key } = await keys.create({ tenant, name: null, scopes: given, expiresAt: null });
    return Object.assign(clientWith(key), { key, keyId: id });
  };
  return { ...started, database, keys, clientOf, clientWith, client: await clientOf("operator", ["operator"]) };
}

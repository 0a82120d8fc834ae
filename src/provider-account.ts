// What whoever calls the provider's account shares with everybody else who does: its name, and its budget.

import { createHash, randomUUID } from "node:crypto";
import type { Redis, RedisOptions } from "ioredis";
import type { Config, ProviderCredentials } from "./config.js";
import { MemoryBudget } from "./datasources/budget/memory-budget.js";
import type { ProviderBudget } from "./datasources/budget/provider-budget.js";
import { parseRateLimit } from "./datasources/budget/rate-windows.js";
import { RedisBudget } from "./datasources/budget/redis-budget.js";
import type { Database } from "./store/database.js";
import { loneNodesOf } from "./store/lone-node.queries.js";
import type { Logger } from "./telemetry/logger.js";

/** Names the provider's account: the budget is its, whoever spends it. */
export function accountOf(providerUrl: string, credentials: ProviderCredentials): string {
  const name = "clientId" in credentials ? credentials.clientId : credentials.apiKey;
  return createHash("sha256").update(`${providerUrl} ${name}`).digest("hex").slice(0, 16);
}

// A connection on which nothing comes back is closed and made anew. Without one, commands fail at once instead of waiting.
const everyWaitEnds: RedisOptions = {
  connectTimeout: 3_000,
  commandTimeout: 2_000,
  socketTimeout: 5_000,
  keepAlive: 10_000,
  maxRetriesPerRequest: 1,
  enableOfflineQueue: false,
};

/** The driver is loaded where it is used, as PostgreSQL's is. */
export async function openRedis(url: string, options: RedisOptions = {}): Promise<Redis> {
  const { Redis } = await import("ioredis");
  return new Redis(url, { ...everyWaitEnds, ...options });
}

/** Only then may a stranger's URL lead to this machine. */
export function isLoopback(url: string): boolean {
  const { hostname } = new URL(url);
  return hostname === "localhost" || hostname === "[::1]" || /^127\./.test(hostname);
}

export function createBudget(
  config: Config,
  redis: Redis | null,
  database: Database,
  account: string,
  logger: Logger,
): ProviderBudget {
  const windows = parseRateLimit(config.providerRateLimit);
  if (!redis) return new MemoryBudget({ windows });
  const keyPrefix = `payout-gateway:${account}`;
  const longestCallMs = config.providerTimeoutMs;
  const loneNodes = loneNodesOf(database, account);
  return new RedisBudget({ redis, windows, keyPrefix, longestCallMs, loneNodes, nodeId: randomUUID(), logger });
}

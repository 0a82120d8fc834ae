// A command that calls the provider does it as a node of the gateway does: within the account's budget.

import { type Config, type Needs, readConfig } from "../config.js";
import { ProviderClient } from "../datasources/provider-client.js";
import { accountOf, createBudget, openRedis } from "../provider-account.js";
import type { Database } from "../store/database.js";
import { Refused } from "./answer.js";
import { commandLogger, type RecordCommand, withDatabase } from "./record-command.js";

export interface ProviderCommand {
  config: Config;
  database: Database;
  record: RecordCommand;
  provider: ProviderClient;
}

export function withProvider<T>(run: (parts: ProviderCommand) => Promise<T>, needs?: Needs): Promise<T> {
  const config = readConfig(undefined, needs);
  if (!config.provider) {
    throw new Refused(
      "PROVIDER_URL is not set: the built-in sandbox has its webhooks registered and nothing to import.",
    );
  }
  const { url, credentials } = config.provider;
  return withDatabase(async (database, record) => {
    const logger = commandLogger("silent");
    const redis = config.redisUrl ? await openRedis(config.redisUrl) : null;
    // Without a listener, each failed try to connect is printed.
    redis?.on("error", () => {});
    const budget = createBudget(config, redis, database, accountOf(url, credentials), logger);
    const provider = new ProviderClient({
      baseUrl: url,
      credentials: { ...credentials, scope: config.providerScope },
      budget,
      timeoutMs: config.providerTimeoutMs,
      logger,
      userAgent: "payout-gateway",
      secrets: config.webhookSecrets,
    });
    try {
      return await run({ config, database, record, provider });
    } finally {
      provider.close();
      await budget.close();
      redis?.disconnect();
    }
  }, config.databaseUrl);
}

import { ConfigError, readConfig } from "../../config.js";
import { checkDatabase } from "./check-database.js";
import { checkProvider } from "./check-provider.js";
import { checkPublicUrl } from "./check-public-url.js";
import { checkRedis } from "./check-redis.js";
import { checkSignIn } from "./check-sign-in.js";
import { type Finding, fault, ok, skipped } from "./finding.js";

/** Changes nothing anywhere. */
export async function runChecks(): Promise<Finding[]> {
  try {
    // Where there is no signing secret the rest can still be looked at, and the way to one depends on it.
    const config = readConfig(undefined, { isSigningSecretNeeded: false });
    const { databaseUrl, redisUrl, auth, provider, publicUrl } = config;
    const found = await Promise.all([
      checkDatabase(databaseUrl),
      checkRedis(redisUrl),
      checkSignIn(auth),
      checkProvider(config),
      provider
        ? checkPublicUrl(publicUrl, provider.url)
        : skipped("public-url", "The built-in sandbox is on this machine."),
    ]);
    return [ok("configuration", "Every variable can be used."), ...found.flat()];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.mistakes.map((mistake) => fault("configuration", mistake, "Correct it; the rest is looked at then."));
  }
}

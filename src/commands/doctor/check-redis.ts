import { openRedis } from "../../provider-account.js";
import { messageOf } from "../answer.js";
import { type Finding, fault, ok, skipped, within } from "./finding.js";

const check = "redis";
const patienceMs = 5_000;

export async function checkRedis(url: string | null): Promise<Finding> {
  if (url === null) return skipped(check, "REDIS_URL is not set: right for one node alone.");
  const redis = await openRedis(url, {
    lazyConnect: true,
    retryStrategy: () => null,
    maxRetriesPerRequest: 0,
    disconnectTimeout: 100,
  });
  let reason: unknown;
  redis.on("error", (error) => {
    reason ??= error;
  });
  // Without what may stand before it: a password.
  const host = URL.canParse(url) ? new URL(url).host : "Redis";
  try {
    await within(patienceMs, redis.connect());
    await within(patienceMs, redis.ping());
    return ok(check, `${host} answers.`);
  } catch (error) {
    const says = `${host} cannot be used: ${messageOf(reason ?? error)}.`;
    return fault(check, says, "Start it, or correct REDIS_URL. Until then the nodes are slower to hear of each other.");
  } finally {
    redis.disconnect();
  }
}

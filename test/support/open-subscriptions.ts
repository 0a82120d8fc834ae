import type { Metrics } from "../../src/telemetry/metrics.js";

/** How many subscriptions the gateway says are open. */
export async function openSubscriptions({ subscriptions }: Metrics): Promise<number> {
  return (await subscriptions.get()).values[0]?.value ?? 0;
}

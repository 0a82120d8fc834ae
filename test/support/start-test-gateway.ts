// The whole gateway in this process, against the simulated provider over real HTTP. Both stop after the test.

import { type Logger, pino } from "pino";
import { type Config, readConfig } from "../../src/config.js";
import type { Limits } from "../../src/config-limits.js";
import { type Gateway, type GatewayOptions, startGateway } from "../../src/gateway.js";
import type { Sandbox, SandboxOptions } from "../../src/sandbox/sandbox.js";
import { TestClient } from "./test-client.js";

export interface TestGateway {
  gateway: Gateway;
  client: TestClient;
  provider: Sandbox;
  /** Stops it now instead of after the test. */
  stop(): Promise<void>;
}

export interface TestGatewayOptions {
  config?: Partial<Config>;
  limits?: Partial<Limits>;
  sandbox?: Partial<SandboxOptions>;
  patience?: NonNullable<GatewayOptions["patience"]>;
  dashboardFolder?: string;
  /** Silent unless given. */
  logger?: Logger;
}

const running = new Set<() => Promise<void>>();

afterEach(async () => {
  for (const stop of running) await stop();
});

/** Quick reviews and payouts, no rate limit and no look-up of its own in the way, nothing kept: a test names only what it
 * is about. */
export async function startTestGateway(options: TestGatewayOptions = {}): Promise<TestGateway> {
  const { config, limits, sandbox, patience, dashboardFolder, logger } = options;
  const defaults = readConfig({
    PORT: "0",
    SANDBOX_PORT: "0",
    DATABASE_URL: "sqlite::memory:",
    RECONCILE_SECONDS: "0",
    PROVIDER_RATE_LIMIT: "1000000/1m",
    // What a test leaves hanging is cut off soon.
    SHUTDOWN_TIMEOUT_MS: "1000",
  });
  const gateway = await startGateway(
    { ...defaults, ...config, limits: { ...defaults.limits, ...limits } },
    {
      logger: logger ?? pino({ level: "silent" }),
      sandbox: {
        reviewDelayMs: 50,
        payoutStepDelayMs: 50,
        retryScheduleMs: [50, 100, 200],
        rateLimit: { perMinute: 1_000_000, perHour: 1_000_000 },
        ...sandbox,
      },
      ...(patience ? { patience } : {}),
      ...(dashboardFolder ? { dashboardFolder } : {}),
    },
  );
  const client = new TestClient(gateway.url);
  const stop = async () => {
    running.delete(stop);
    await client.stop();
    await gateway.stop();
  };
  running.add(stop);
  return { gateway, client, provider: gateway.sandbox as Sandbox, stop };
}

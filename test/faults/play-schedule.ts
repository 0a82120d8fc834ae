// One schedule from its first request to its verdict.

import { type Sandbox, startSandbox } from "../../src/sandbox/sandbox.js";
import { Cluster } from "./cluster.js";
import { History } from "./history.js";
import type { NodePool } from "./node-pool.js";
import type { Plan } from "./plan.js";
import { Schedule, type Verdict } from "./schedule.js";
import type { Store } from "./stores.js";
import { WebhookRelay } from "./webhook-relay.js";

// The provider accepts a second and a half late at most, and lists it a second later.
const patience = { absenceGapMs: 300, answerWithinMs: 2_500, lateAcceptanceMs: 2_000 };

export async function playSchedule(plan: Plan, pool: NodePool, store: Store): Promise<Verdict> {
  const history = new History();
  const relay: WebhookRelay = new WebhookRelay({
    random: plan.webhooks,
    cluster: () => cluster,
    history,
    secret: () => provider.signingSecret,
  });
  const provider: Sandbox = await startSandbox({
    port: 0,
    stateFile: ":memory:",
    webhookUrl: await relay.listen(),
    reviewDelayMs: 60,
    payoutStepDelayMs: 120,
    hiddenMs: plan.listingDelayMs,
    retryScheduleMs: [100, 200, 400, 800, 1_600, 1_600, 1_600, 1_600, 1_600],
    webhookTimeoutMs: 6_000,
    rateLimit: { perMinute: 1_000_000, perHour: 1_000_000 },
    keepsMerchantReference: plan.keepsMerchantReference,
  });
  const cluster = new Cluster({
    nodes: plan.nodes,
    pool,
    environment: { ...environmentFor(plan, provider), ...store.environment },
    patience,
    clockShiftsMs: plan.clockShiftsMs,
    mayFailToStart: plan.databaseFaults.length > 0,
    logFile: store.logFile,
    history,
  });
  const schedule = new Schedule({ plan, cluster, provider, relay, history, store });
  try {
    relay.isHonest = true;
    await cluster.start(null);
    return await schedule.play();
  } finally {
    await cluster.close();
    await schedule.close();
    await relay.close();
    await provider.stop();
  }
}

function environmentFor(plan: Plan, provider: Sandbox): Record<string, string> {
  return {
    PORT: "0",
    AUTH_DISABLED: "true",
    PROVIDER_URL: provider.url,
    PROVIDER_CLIENT_ID: provider.clientId,
    PROVIDER_CLIENT_SECRET: provider.clientSecret,
    WEBHOOK_SIGNING_SECRET: provider.signingSecret,
    PROVIDER_TIMEOUT_MS: "1000",
    PROVIDER_RATE_LIMIT: plan.rateLimit,
    RECONCILE_SECONDS: "1",
  };
}

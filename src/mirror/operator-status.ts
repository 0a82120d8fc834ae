// What an operator looks at when something is stuck, from where each part of it is known.

import type { ProviderBudget } from "../datasources/budget/provider-budget.js";
import type { OperatorStatus } from "../schema/operator-status.type.js";
import type { Database } from "../store/database.js";
import { countEvents } from "../store/inbox.queries.js";
import { countMismatches, countPayouts } from "../store/payout.queries.js";
import { everything } from "../store/visibility.js";
import type { Metrics } from "../telemetry/metrics.js";

export interface OperatorStatusParts {
  database: Database;
  budget: ProviderBudget;
  metrics: Metrics;
}

export async function readOperatorStatus({ database, budget, metrics }: OperatorStatusParts): Promise<OperatorStatus> {
  const [snapshot, lookUps, unconfirmedPayouts, mismatchedPayouts, parkedWebhookEvents] = await Promise.all([
    budget.snapshot(),
    metrics.reconciliations.get(),
    countPayouts(database.db, { status: ["UNCONFIRMED"] }, everything),
    countMismatches(database.db),
    countEvents(database.db, "PARKED"),
  ]);
  return {
    budget: {
      windows: snapshot.windows.map(({ limit, used, lengthMs }) => ({ limit, used, seconds: lengthMs / 1000 })),
      pausedForSeconds: snapshot.pausedForMs / 1000,
      waiting: Object.values(snapshot.waiting).reduce((sum, count) => sum + count, 0),
      nodes: snapshot.nodes,
      isShared: snapshot.isShared,
    },
    unconfirmedPayouts,
    mismatchedPayouts,
    parkedWebhookEvents,
    reconciliation: lookUps.values.map(({ labels, value }) => ({
      kind: String(labels.kind),
      found: String(labels.found),
      count: value,
    })),
  };
}

// What an operator watches over time, from where each part of it is known.

import type { ProviderBudget } from "../datasources/budget/provider-budget.js";
import { PayoutStatus } from "../schema/payout.enum.js";
import { oldestAudited } from "../store/audit.queries.js";
import type { Database } from "../store/database.js";
import {
  type Backlog,
  inboxBacklog,
  intentBacklog,
  oldestUnconfirmed,
  payoutsByStatus,
} from "../store/gauge.queries.js";
import { oldestEvent } from "../store/inbox.queries.js";
import { countMismatches } from "../store/payout.queries.js";
import { logHead, oldestLogged } from "../store/status-log.queries.js";
import { GaugeBoard, type GaugeReading } from "../telemetry/gauge-board.js";
import type { Metrics } from "../telemetry/metrics.js";

export interface OperatorGaugesParts {
  database: Database;
  budget: ProviderBudget;
  metrics: Metrics;
}

const descriptions = {
  payouts: { name: "payout_gateway_payouts", help: "Payouts by status.", labelNames: ["status"] },
  unconfirmedAge: {
    name: "payout_gateway_unconfirmed_oldest_seconds",
    help: "How long ago the oldest payout was made whose outcome is not known; 0 where there is none.",
  },
  mismatches: {
    name: "payout_gateway_payouts_with_mismatch",
    help: "Payouts with a report of the provider that contradicts the order, until an operator resolves them.",
  },
  intents: {
    name: "payout_gateway_intents",
    help: "Commands without an outcome: to be sent (OPEN), on their way (SENDING), to be looked up (UNCONFIRMED).",
    labelNames: ["state"],
  },
  intentAge: {
    name: "payout_gateway_intents_oldest_seconds",
    help: "How long ago the oldest of them was recorded.",
    labelNames: ["state"],
  },
  inbox: {
    name: "payout_gateway_inbox",
    help: "Webhook events that are not applied: waiting (RECEIVED), about something that the provider does not know yet (ABSENT), reporting another end of a payout than its look-up (CONTRADICTED), or set aside for a person (PARKED).",
    labelNames: ["state"],
  },
  inboxAge: {
    name: "payout_gateway_inbox_oldest_seconds",
    help: "How long ago the oldest of them came.",
    labelNames: ["state"],
  },
  logPosition: { name: "payout_gateway_log_position", help: "The last position of the status log." },
  keptAge: {
    name: "payout_gateway_oldest_kept_seconds",
    help: "How old the oldest row is that is kept, by kind (status_log, inbox, audit); 0 where there is none.",
    labelNames: ["kind"],
  },
  budgetLimit: {
    name: "payout_gateway_provider_budget_limit",
    help: "Provider calls allowed in each window, by its length.",
    labelNames: ["window"],
  },
  budgetUsed: {
    name: "payout_gateway_provider_budget_used",
    help: "Provider calls that count in each window now.",
    labelNames: ["window"],
  },
  budgetPause: {
    name: "payout_gateway_provider_budget_paused_seconds",
    help: "How long the provider has asked to be left alone for.",
  },
  budgetWaiting: {
    name: "payout_gateway_provider_calls_waiting",
    help: "Provider calls that wait for their turn on this node, by what they are for.",
    labelNames: ["class"],
  },
  budgetShared: {
    name: "payout_gateway_provider_budget_shared",
    help: "1 while the budget is shared as it is configured, 0 while this node takes only its own part without Redis.",
  },
};

// All are told, also where there is none: an alert on what is missing would never end.
const intentStates = ["OPEN", "SENDING", "UNCONFIRMED"];
const inboxStates = ["RECEIVED", "ABSENT", "CONTRADICTED", "PARKED"];
const keptKinds = ["status_log", "inbox", "audit"];

export function watchOperatorGauges({ database, budget, metrics }: OperatorGaugesParts): void {
  const { db, clock } = database;
  const ageOf: AgeOf = (since) => Math.max(0, (clock.now() - since) / 1000);
  new GaugeBoard(metrics.registry, descriptions, async () => {
    const [payouts, unconfirmed, mismatches, intents, inbox, head, kept, snapshot] = await Promise.all([
      payoutsByStatus(db),
      oldestUnconfirmed(db),
      countMismatches(db),
      intentBacklog(db),
      inboxBacklog(db),
      logHead(db),
      Promise.all([oldestLogged(db), oldestEvent(db), oldestAudited(db)]),
      budget.snapshot(),
    ]);
    const payoutCounts = new Map(payouts.map(({ status, count }) => [status, count]));
    const windows = snapshot.windows.map((window) => ({ ...window, labels: { window: `${window.lengthMs / 1000}s` } }));
    return {
      payouts: Object.values(PayoutStatus).map((status) => ({
        labels: { status },
        value: payoutCounts.get(status) ?? 0,
      })),
      unconfirmedAge: [{ value: unconfirmed === null ? 0 : ageOf(unconfirmed) }],
      mismatches: [{ value: mismatches }],
      intents: countsOf(intentStates, intents),
      intentAge: agesOf(intentStates, intents, ageOf),
      inbox: countsOf(inboxStates, inbox),
      inboxAge: agesOf(inboxStates, inbox, ageOf),
      logPosition: [{ value: head.position }],
      keptAge: keptKinds.map((kind, index) => {
        const since = kept[index] ?? null;
        return { labels: { kind }, value: since === null ? 0 : ageOf(since) };
      }),
      budgetLimit: windows.map(({ labels, limit }) => ({ labels, value: limit })),
      budgetUsed: windows.map(({ labels, used }) => ({ labels, value: used })),
      budgetPause: [{ value: snapshot.pausedForMs / 1000 }],
      budgetWaiting: Object.entries(snapshot.waiting).map(([name, value]) => ({ labels: { class: name }, value })),
      budgetShared: [{ value: snapshot.isShared ? 1 : 0 }],
    };
  });
}

function countsOf(states: readonly string[], backlog: readonly Backlog[]): GaugeReading[] {
  return states.map((state) => ({
    labels: { state },
    value: backlog.find((each) => each.state === state)?.count ?? 0,
  }));
}

type AgeOf = (since: number) => number;

function agesOf(states: readonly string[], backlog: readonly Backlog[], ageOf: AgeOf): GaugeReading[] {
  return states.map((state) => {
    const since = backlog.find((each) => each.state === state)?.since;
    return { labels: { state }, value: since === undefined ? 0 : ageOf(since) };
  });
}

import { Counter, Gauge, Registry } from "prom-client";
import { DurationTally } from "./duration-tally.js";

/** What the gateway counts; `/metrics` prints the registry. */
export class Metrics {
  readonly registry = new Registry();

  readonly statusChanges = new Counter({
    name: "payout_gateway_status_changes_total",
    help: "Entries written to the status log.",
    labelNames: ["entity", "to", "source"],
    registers: [this.registry],
  });

  readonly corrections = new Counter({
    name: "payout_gateway_status_corrections_total",
    help: "Final payout statuses that the provider took back.",
    registers: [this.registry],
  });

  readonly refusals = new Counter({
    name: "payout_gateway_refusals_total",
    help: "Requests, sockets and operations that were not taken, by the limit or rule that they broke.",
    labelNames: ["reason"],
    registers: [this.registry],
  });

  /** Since they were printed last: a counter with labels costs more than to count. */
  readonly queries = { kept: 0, plan: 0, server: 0 };
  readonly #queries = new Counter({
    name: "payout_gateway_queries_total",
    help: "Requests over HTTP that were run, by who answered: kept (an answer that nothing was written to since), plan (its execution alone) or server.",
    labelNames: ["by"],
    registers: [this.registry],
    collect: () => {
      for (const by of ["kept", "plan", "server"] as const) {
        this.#queries.inc({ by }, this.queries[by]);
        this.queries[by] = 0;
      }
    },
  });

  readonly operationDuration = new DurationTally({
    name: "payout_gateway_operation_duration_seconds",
    help: "Queries and mutations by root field (several: more than one) and outcome (ok, errors), to the end of their execution.",
    labelNames: ["operation", "outcome"],
    registry: this.registry,
  });

  readonly providerCallDuration = new DurationTally({
    name: "payout_gateway_provider_call_duration_seconds",
    help: "Calls to the provider, waits and repeats included, by route, by what they are for, and by outcome (ok, or the kind of failure).",
    labelNames: ["route", "class", "outcome"],
    registry: this.registry,
  });

  readonly #deliveryLag = new DurationTally({
    name: "payout_gateway_delivery_lag_seconds",
    help: "From the instant that a change was recorded to the one at which its event was written for all who follow it alike.",
    labelNames: [],
    registry: this.registry,
  });
  readonly deliveryLag = this.#deliveryLag.of();

  readonly subscriptions = new Gauge({
    name: "payout_gateway_subscriptions",
    help: "Subscriptions that are open now, over WebSocket and SSE.",
    registers: [this.registry],
  });

  readonly eventExecutions = new Counter({
    name: "payout_gateway_event_executions_total",
    help: "Answers made for subscriptions; one serves all who asked for the same and may see the same.",
    registers: [this.registry],
  });

  readonly eventDeliveries = new Counter({
    name: "payout_gateway_event_deliveries_total",
    help: "Events sent, to each subscription.",
    registers: [this.registry],
  });

  readonly webhooks = new Counter({
    name: "payout_gateway_webhooks_total",
    help: "Webhook deliveries by kind of event and outcome (stored, repeated, refused).",
    labelNames: ["kind", "outcome"],
    registers: [this.registry],
  });

  readonly inboxEvents = new Counter({
    name: "payout_gateway_inbox_events_total",
    help: "Stored webhook events by what became of them (applied, ignored, parked, retried, contradicted).",
    labelNames: ["outcome"],
    registers: [this.registry],
  });

  readonly payoutMismatches = new Counter({
    name: "payout_gateway_payout_mismatches_total",
    help: "Reports of the provider that contradict what was ordered, and were not taken over.",
    labelNames: ["field", "source"],
    registers: [this.registry],
  });

  readonly forbiddenPayouts = new Counter({
    name: "payout_gateway_forbidden_payouts_total",
    help: "Payouts that the provider did not take because it forbids payouts to the gateway's account.",
    registers: [this.registry],
  });

  readonly unknownStatusWords = new Counter({
    name: "payout_gateway_unknown_status_words_total",
    help: "Status words of the provider that the gateway does not know.",
    registers: [this.registry],
  });

  readonly duplicateCustomers = new Counter({
    name: "payout_gateway_duplicate_customers_total",
    help: "Second customers that the provider made for one createCustomer command. The log names both.",
    registers: [this.registry],
  });

  readonly reconciliations = new Counter({
    name: "payout_gateway_reconciliations_total",
    help: "Look-ups of what no webhook told of, by kind and by what they found (moved, unmoved, missing, failed).",
    labelNames: ["kind", "found"],
    registers: [this.registry],
  });

  readonly retentionRemovals = new Counter({
    name: "payout_gateway_retention_removed_total",
    help: "Rows that this node has removed because they were older than they are to be kept, by kind (status_log, inbox, audit).",
    labelNames: ["kind"],
    registers: [this.registry],
  });
}

// A webhook that was answered 2xx is on disk. Whether it means anything is decided afterwards.

import { reachPoint } from "../telemetry/crash-point.js";
import type { Logger } from "../telemetry/logger.js";
import type { Metrics } from "../telemetry/metrics.js";
import { activeSpan } from "../telemetry/tracing.js";
import { classifyEvent } from "./classify-event.js";
import type { EventStore } from "./store-events.js";
import { verifySignature } from "./verify-signature.js";

export interface ReceivedDelivery {
  rawBody: Buffer;
  signature: string | undefined;
  timestamp: string | undefined;
}

export interface WebhookReceiverParts {
  events: EventStore;
  secrets: string[];
  toleranceSeconds: number;
  /** By which the age of a delivery is judged. */
  now: () => number;
  metrics: Metrics;
  logger: Logger;
}

export class WebhookReceiver {
  readonly #parts: WebhookReceiverParts;

  constructor(parts: WebhookReceiverParts) {
    this.#parts = parts;
  }

  /** STORED and REPEATED are both to be answered with success. */
  async receive(delivery: ReceivedDelivery): Promise<"STORED" | "REPEATED" | "REFUSED"> {
    const { events, secrets, toleranceSeconds, now, metrics, logger } = this.#parts;
    const verdict = verifySignature({ ...delivery, secrets, toleranceSeconds, now: new Date(now()) });
    if (!verdict.ok) {
      metrics.webhooks.inc({ kind: "unknown", outcome: "refused" });
      logger.warn({ reason: verdict.reason }, "webhook refused");
      activeSpan()?.set({ "payout_gateway.outcome": "refused" });
      return "REFUSED";
    }
    const event = classifyEvent(delivery.rawBody);
    const inserted = await events.store(event, delivery.rawBody);
    reachPoint("webhook-stored");
    metrics.webhooks.inc({ kind: event.kind, outcome: inserted ? "stored" : "repeated" });
    logger.info({ kind: event.kind, secret: verdict.secretIndex, isRepeated: !inserted }, "webhook received");
    activeSpan()?.set({
      "payout_gateway.outcome": inserted ? "stored" : "repeated",
      "payout_gateway.event.kind": event.kind,
    });
    return inserted ? "STORED" : "REPEATED";
  }
}

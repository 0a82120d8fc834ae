import { toWebhookJson } from "./exact-json.js";
import type { Jobs } from "./jobs.js";
import type { MixedShapes } from "./mixed-shapes.js";
import type { WebhookBody } from "./webhook-bodies.js";
import type { WebhookLog, WebhookLogs } from "./webhook-logs.js";
import type { WebhookRegistration, WebhookTarget } from "./webhook-registration.js";

export interface WebhookEvent {
  /** Customer or transaction: its events go out one after the other. */
  subject: string;
  target: WebhookTarget;
  type: string;
  transactionId: string | null;
  body: WebhookBody;
}

export interface DeliveryManner {
  isLost: boolean;
  isTwice: boolean;
  /** Kept back until `releaseNewestFirst`. */
  isHeld?: boolean;
}

/** Later than any job will ever be due by itself. */
const heldAt = 8_640_000_000_000_000;

/** Writes an event to the log and schedules its delivery, in the transaction of what it announces. */
export class WebhookOutbox {
  readonly #registration: WebhookRegistration;
  readonly #logs: WebhookLogs;
  readonly #jobs: Jobs;
  readonly #shapes: MixedShapes;

  constructor(registration: WebhookRegistration, logs: WebhookLogs, jobs: Jobs, shapes: MixedShapes) {
    this.#shapes = shapes;
    this.#registration = registration;
    this.#logs = logs;
    this.#jobs = jobs;
  }

  announce(event: WebhookEvent, manner: DeliveryManner = { isLost: false, isTwice: false }): void {
    const url = this.#registration.urlOf(event.target);
    if (url === undefined) return;
    const { body: documented, ...about } = event;
    const { type } = about;
    const subject = type === "customer" ? "customer" : /^payout(_|$)/.test(type) ? "payout" : null;
    const body = subject === null ? documented : this.#shapes.webhook(documented, subject);
    const status = manner.isLost ? "FAILED" : "INITIATED";
    const log = this.#logs.add({ ...about, url, body: toWebhookJson(body), status });
    if (manner.isLost) return;
    const dueAt = manner.isHeld ? heldAt : Date.now();
    this.#deliver(log, dueAt);
    if (manner.isTwice) this.#deliver(log, dueAt);
  }

  releaseNewestFirst(subject: string): void {
    this.#jobs.releaseNewestFirst(laneOf(subject), heldAt);
  }

  /** Lets time pass: whatever is due within it, deliveries and all else, happens now. */
  advance(byMs: number): void {
    this.#jobs.advance(byMs, heldAt);
  }

  replay(log: WebhookLog): void {
    this.#deliver(log, Date.now());
  }

  #deliver(log: WebhookLog, dueAt: number): void {
    this.#jobs.schedule({ lane: laneOf(log.subject), kind: "deliver-webhook", subject: log.id, dueAt });
  }
}

function laneOf(subject: string): string {
  return `webhook:${subject}`;
}

import { createHmac } from "node:crypto";
import type { Jobs } from "./jobs.js";
import type { WebhookLog, WebhookLogs } from "./webhook-logs.js";
import type { WebhookRegistration } from "./webhook-registration.js";

export interface SentWebhook {
  /** Parsed by JSON.parse, so with floats: for exact amounts look at rawBody. */
  body: unknown;
  rawBody: string;
  /** HTTP status of the receiver's answer; null where none came. */
  status: number | null;
  at: Date;
}

export interface WebhookSenderOptions {
  signingSecret: string;
  /** Waits between attempts; one attempt more than there are waits. */
  retryScheduleMs: number[];
  timeoutMs: number;
}

const maxKept = 10_000;
const jitter = { least: 0.8, spread: 0.4 };

/** Delivers what the outbox holds: at least once, signed anew at each attempt, until a 2xx or the last attempt. */
export class WebhookSender {
  readonly #logs: WebhookLogs;
  readonly #registration: WebhookRegistration;
  readonly #options: WebhookSenderOptions;
  readonly #stopping = new AbortController();
  readonly #sent: SentWebhook[] = [];

  constructor(jobs: Jobs, logs: WebhookLogs, registration: WebhookRegistration, options: WebhookSenderOptions) {
    this.#logs = logs;
    this.#registration = registration;
    this.#options = options;
    jobs.onCall("deliver-webhook", (logId) => this.#deliver(logId));
  }

  sent(): SentWebhook[] {
    return [...this.#sent];
  }

  /** An attempt under way is given up and made again after the next start. */
  stop(): void {
    this.#stopping.abort();
  }

  async #deliver(logId: string): Promise<number | undefined> {
    const log = this.#logs.find(logId);
    if (log === undefined) return undefined;
    // A URL registered since the event counts: the receiver may have moved.
    const url = this.#registration.urlOf(log.target) ?? log.url;
    const timestamp = String(Math.floor(Date.now() / 1000));
    const signature = createHmac("sha256", this.#options.signingSecret)
      .update(`${timestamp}.${log.body}`)
      .digest("hex");
    const status = await this.#post(url, log, timestamp, signature);
    if (status === null && this.#stopping.signal.aborted) return Date.now();

    this.#remember(log, status);
    const attempt = this.#logs.attemptsOf(log.id).length + 1;
    const isTaken = status !== null && status >= 200 && status < 300;
    const waitMs = isTaken ? undefined : this.#options.retryScheduleMs[attempt - 1];
    const logStatus = isTaken ? "SUCCESSFUL" : waitMs === undefined ? "FAILED" : "PROCESSING";
    this.#logs.recordAttempt({ logId: log.id, attempt, timestamp, signature, status }, url, logStatus);
    return waitMs === undefined ? undefined : Date.now() + waitMs * (jitter.least + jitter.spread * Math.random());
  }

  async #post(url: string, log: WebhookLog, timestamp: string, signature: string): Promise<number | null> {
    try {
      const response = await fetch(url, {
        method: "POST",
        headers: {
          "content-type": "application/json",
          "user-agent": "Blaaiz",
          "x-blaaiz-signature": signature,
          "x-blaaiz-timestamp": timestamp,
        },
        body: log.body,
        redirect: "manual",
        signal: AbortSignal.any([this.#stopping.signal, AbortSignal.timeout(this.#options.timeoutMs)]),
      });
      await response.arrayBuffer();
      return response.status;
    } catch {
      return null;
    }
  }

  #remember(log: WebhookLog, status: number | null): void {
    this.#sent.push({ body: JSON.parse(log.body), rawBody: log.body, status, at: new Date() });
    if (this.#sent.length > maxKept) this.#sent.shift();
  }
}

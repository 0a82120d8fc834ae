import { randomUUID } from "node:crypto";
import type { CustomerRecord, CustomerStatus, Customers } from "./customers.js";
import type { Jobs } from "./jobs.js";
import { customerMagicOf } from "./magic-values.js";
import type { StateFile } from "./state-file.js";
import { toCustomerWebhook } from "./webhook-bodies.js";
import type { WebhookOutbox } from "./webhook-outbox.js";

const slowFactor = 10;
const rejection = "The identity document could not be verified.";

/** The provider's review: it starts at once and without a webhook, and ends by a job, with one. */
export class CustomerReview {
  readonly #db: StateFile;
  readonly #customers: Customers;
  readonly #jobs: Jobs;
  readonly #outbox: WebhookOutbox;
  readonly #delayMs: number;

  constructor(db: StateFile, customers: Customers, jobs: Jobs, outbox: WebhookOutbox, delayMs: number) {
    this.#db = db;
    this.#customers = customers;
    this.#jobs = jobs;
    this.#outbox = outbox;
    this.#delayMs = delayMs;
    jobs.onStep("finish-review", (customerId) => this.#finish(customerId));
  }

  start(customer: CustomerRecord): void {
    this.#db.transaction(() => {
      this.#customers.save({ ...customer, status: "PROCESSING" });
      this.#scheduleEnd(customer);
    })();
  }

  /** A customer whose verification was agreed on beforehand needs no document. */
  startWithoutDocuments(customer: CustomerRecord): void {
    this.#scheduleEnd(customer);
  }

  /** Moves a customer by hand; what was scheduled for it no longer happens. */
  conclude(customerId: string, status: CustomerStatus, comment: string | null): void {
    this.#db.transaction(() => {
      this.#jobs.cancel(laneOf(customerId));
      this.#move(this.#customers.get(customerId), status, comment);
    })();
  }

  #scheduleEnd(customer: CustomerRecord): void {
    const delayMs = this.#delayMs * (magicOf(customer).has("slow-review") ? slowFactor : 1);
    const lane = laneOf(customer.id);
    this.#jobs.schedule({ lane, kind: "finish-review", subject: customer.id, dueAt: Date.now() + delayMs });
  }

  #finish(customerId: string): void {
    const customer = this.#customers.find(customerId);
    if (customer === undefined) return;
    const magic = magicOf(customer);
    const isRejected = magic.has("rejected") || (magic.has("rejected-once") && customer.finishedReviews === 0);
    const reviewed = { ...customer, finishedReviews: customer.finishedReviews + 1 };
    if (isRejected) this.#move(reviewed, "REJECTED", rejection);
    else this.#move(reviewed, "VERIFIED", null);
  }

  #move(customer: CustomerRecord, status: CustomerStatus, comment: string | null): void {
    const comments =
      comment === null ? customer.comments : [...customer.comments, { id: randomUUID(), comment, at: Date.now() }];
    const moved = this.#customers.save({ ...customer, status, comments });
    const magic = magicOf(customer);
    this.#outbox.announce(
      {
        subject: customer.id,
        target: "collection",
        type: "customer",
        transactionId: null,
        body: toCustomerWebhook(moved, customer.status, comment),
      },
      { isLost: magic.has("webhook-lost"), isTwice: magic.has("webhook-twice") },
    );
  }
}

function magicOf(customer: CustomerRecord) {
  return customerMagicOf(customer.fields.email ?? "");
}

function laneOf(customerId: string): string {
  return `review:${customerId}`;
}

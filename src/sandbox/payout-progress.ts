import { randomInt } from "node:crypto";
import { Big } from "big.js";
import type { Jobs } from "./jobs.js";
import { type PayoutMagic, payoutMagicOf } from "./magic-values.js";
import type { PayoutRecord, PayoutStatus, Payouts } from "./payouts.js";
import type { StateFile } from "./state-file.js";
import type { Wallets } from "./wallets.js";
import { toPayoutWebhook } from "./webhook-bodies.js";
import type { WebhookOutbox } from "./webhook-outbox.js";

const slowFactor = 10;

export interface PayoutProgressParts {
  db: StateFile;
  payouts: Payouts;
  wallets: Wallets;
  jobs: Jobs;
  outbox: WebhookOutbox;
  stepDelayMs: number;
  listingDelayMs: number;
  isReferenceKept: boolean;
}

/** PENDING, PROCESSING, SUCCESSFUL or FAILED: one step at a time, each with its webhook. */
export class PayoutProgress {
  readonly #parts: PayoutProgressParts;

  constructor(parts: PayoutProgressParts) {
    this.#parts = parts;
    parts.jobs.onStep("announce-payout", (id) => this.#announceAgain(id));
    parts.jobs.onStep("advance-payout", (id) => this.#advance(id));
  }

  /** Called inside the transaction that books the payout. */
  start(payout: PayoutRecord): PayoutRecord {
    const { payouts, jobs, listingDelayMs } = this.#parts;
    const magic = payoutMagicOf(payout.note);
    const delayMs = this.#stepDelayOf(magic);
    // The answer should be out before the first event arrives, as it mostly is in life.
    const announceAt = payout.createdAt + Math.min(delayMs / 4, 200);
    const lane = laneOf(payout.id);
    const hiddenMs = Math.max(listingDelayMs, magic.has("test-found-late") ? delayMs : 0);
    const listed = { ...payout, visibleAt: payout.createdAt + hiddenMs };
    if (magic.has("test-instant")) {
      const finished = payouts.save(this.#moved(listed, "SUCCESSFUL"));
      jobs.schedule({ lane, kind: "announce-payout", subject: payout.id, dueAt: announceAt });
      return finished;
    }
    if (payout.interac !== null) {
      jobs.schedule({ lane, kind: "announce-payout", subject: payout.id, dueAt: announceAt });
    }
    jobs.schedule({ lane, kind: "advance-payout", subject: payout.id, dueAt: payout.createdAt + delayMs });
    return hiddenMs > 0 ? payouts.save(listed) : payout;
  }

  /** Moves a payout by hand; what was scheduled for it no longer happens. */
  conclude(id: string, status: PayoutStatus): void {
    const payout = this.#parts.payouts.find(id);
    if (payout === undefined) return;
    this.#parts.db.transaction(() => {
      this.#parts.jobs.cancel(laneOf(id));
      this.#move(payout, status);
    })();
  }

  #advance(id: string): void {
    const payout = this.#parts.payouts.find(id);
    if (payout === undefined) return;
    const magic = payoutMagicOf(payout.note);
    const next = nextStatus(payout.status, magic);
    if (next === undefined) return;
    this.#move(payout, next);
    if (nextStatus(next, magic) === undefined) return;
    const dueAt = Date.now() + this.#stepDelayOf(magic);
    this.#parts.jobs.schedule({ lane: laneOf(id), kind: "advance-payout", subject: id, dueAt });
  }

  #move(payout: PayoutRecord, status: PayoutStatus): void {
    const { payouts, wallets } = this.#parts;
    if (status === "FAILED" && payout.status !== "FAILED") wallets.credit(payout.walletId, new Big(payout.amount));
    this.#announce(payouts.save(this.#moved(payout, status)));
  }

  #moved(payout: PayoutRecord, status: PayoutStatus): PayoutRecord {
    if (status !== "SUCCESSFUL") return { ...payout, status };
    const externalReference = `${payout.fromCurrency.slice(0, 2)}${randomInt(100_000_000, 1_000_000_000)}`;
    return { ...payout, status, externalReference };
  }

  #announceAgain(id: string): void {
    const payout = this.#parts.payouts.find(id);
    if (payout !== undefined) this.#announce(payout);
  }

  #announce(payout: PayoutRecord): void {
    const { outbox, isReferenceKept } = this.#parts;
    const magic = payoutMagicOf(payout.note);
    const body = toPayoutWebhook(payout, isReferenceKept);
    const isFinal = payout.status === "SUCCESSFUL" || payout.status === "FAILED";
    const isReordered = magic.has("test-webhook-reordered");
    outbox.announce(
      { subject: payout.id, target: "payout", type: String(body.type), transactionId: payout.id, body },
      {
        isLost: magic.has("test-webhook-lost"),
        isTwice: magic.has("test-webhook-twice"),
        isHeld: isReordered && !isFinal,
      },
    );
    if (isReordered && isFinal) outbox.releaseNewestFirst(payout.id);
  }

  #stepDelayOf(magic: ReadonlySet<PayoutMagic>): number {
    return this.#parts.stepDelayMs * (magic.has("test-slow") ? slowFactor : 1);
  }
}

function nextStatus(status: PayoutStatus, magic: ReadonlySet<PayoutMagic>): PayoutStatus | undefined {
  if (status === "PENDING") return "PROCESSING";
  if (status === "PROCESSING") return magic.has("test-failed") ? "FAILED" : "SUCCESSFUL";
  return status === "SUCCESSFUL" && magic.has("test-returned") ? "FAILED" : undefined;
}

function laneOf(id: string): string {
  return `payout:${id}`;
}

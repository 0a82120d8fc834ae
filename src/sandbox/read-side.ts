// The provider's reads can be behind its books: a look-up right after a webhook shows the status from before, and a payout
// that was just accepted may not be found yet.

import { payoutMagicOf } from "./magic-values.js";
import type { PayoutRecord } from "./payouts.js";

export interface ReadDelays {
  /** Reads show the status of this long ago. */
  lagMs: number;
  /** A payout is neither found nor listed for this long after it was accepted, unless it has ended. */
  hiddenMs: number;
}

const stepsBehind = 10;

export class ReadSide {
  readonly #stepDelayMs: number;
  #delays: ReadDelays;

  constructor(delays: ReadDelays, stepDelayMs: number) {
    this.#delays = delays;
    this.#stepDelayMs = stepDelayMs;
  }

  delay(delays: Partial<ReadDelays>): void {
    this.#delays = { ...this.#delays, ...delays };
  }

  get isDelayed(): boolean {
    return this.#delays.lagMs > 0 || this.#delays.hiddenMs > 0;
  }

  /** The payout as reads show it now; undefined while they do not find it. */
  view(payout: PayoutRecord): PayoutRecord | undefined {
    const now = Date.now();
    const { hiddenMs } = this.#delays;
    const isUnderWay = payout.status === "PENDING" || payout.status === "PROCESSING";
    if (payout.visibleAt > now || (isUnderWay && payout.createdAt + hiddenMs > now)) return undefined;
    const seenAt = now - this.#lagOf(payout);
    const [first] = payout.history;
    const seen = payout.history.findLast(({ at }) => at <= seenAt) ?? first;
    return seen ? { ...payout, status: seen.status } : payout;
  }

  #lagOf({ note }: PayoutRecord): number {
    const own = payoutMagicOf(note).has("test-reads-behind") ? stepsBehind * this.#stepDelayMs : 0;
    return Math.max(this.#delays.lagMs, own);
  }
}

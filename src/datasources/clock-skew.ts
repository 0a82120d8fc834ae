// How far the clock by which webhooks are judged is from the provider's: webhooks are refused by their age, so a clock that is wrong by
// minutes would refuse all of them.

export class ClockSkew {
  readonly #toleranceMs: number;
  readonly #now: () => number;
  #skewMs = 0;

  constructor(toleranceSeconds: number, now: () => number = Date.now) {
    this.#now = now;
    this.#toleranceMs = toleranceSeconds * 1000;
  }

  /** The date header of an answer; what is none tells nothing. */
  note(date: string | null): void {
    const at = date === null ? Number.NaN : Date.parse(date);
    if (!Number.isNaN(at)) this.#skewMs = this.#now() - at;
  }

  /** For people; null where the clocks agree well enough. */
  warning(): string | null {
    if (Math.abs(this.#skewMs) <= this.#toleranceMs) return null;
    const seconds = Math.round(Math.abs(this.#skewMs) / 1000);
    return `The clock here is ${seconds} s ${this.#skewMs > 0 ? "ahead of" : "behind"} the provider's: webhooks are refused.`;
  }
}

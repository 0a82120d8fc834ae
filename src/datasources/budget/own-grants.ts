/** A call as the shared log is told of it: how long it has been over, less than nothing while it is under way. */
export interface ToldGrant {
  name: string;
  ageMs: number;
}

/** The calls of this node that still count, and which of them the shared log has not been told of. */
export class OwnGrants {
  readonly #longestMs: number;
  readonly #lostAfterMs: number;
  // In the order in which they were granted. A moment is when the call was over, or is taken for lost.
  readonly #atMs = new Map<string, number>();
  #untold = new Set<string>();

  constructor(longestMs: number, lostAfterMs: number) {
    this.#longestMs = longestMs;
    this.#lostAfterMs = lostAfterMs;
  }

  get hasUntold(): boolean {
    return this.#untold.size > 0;
  }

  add(name: string, isTold: boolean): void {
    this.#forget();
    this.#atMs.set(name, performance.now() + this.#lostAfterMs);
    if (!isTold) this.#untold.add(name);
  }

  end(name: string, isTold: boolean): void {
    if (!this.#atMs.has(name)) return;
    this.#atMs.set(name, performance.now());
    if (!isTold) this.#untold.add(name);
  }

  tellAll(): void {
    this.#forget();
    this.#untold = new Set(this.#atMs.keys());
  }

  takeUntold(): ToldGrant[] {
    this.#forget();
    const nowMs = performance.now();
    const untold = [...this.#untold].map((name) => ({ name, ageMs: nowMs - (this.#atMs.get(name) ?? nowMs) }));
    this.#untold.clear();
    return untold;
  }

  #forget(): void {
    const endedMs = performance.now() - this.#longestMs;
    for (const [name, atMs] of this.#atMs) {
      if (atMs > endedMs) continue;
      this.#atMs.delete(name);
      this.#untold.delete(name);
    }
  }
}

/** The calls of this node that still count, and which of them the shared log has not been told of. */
export class OwnGrants {
  readonly #longestMs: number;
  readonly #atMs = new Map<string, number>();
  #untold = new Set<string>();

  constructor(longestMs: number) {
    this.#longestMs = longestMs;
  }

  get hasUntold(): boolean {
    return this.#untold.size > 0;
  }

  add(name: string, isTold: boolean): void {
    this.#forget();
    this.#atMs.set(name, performance.now());
    if (!isTold) this.#untold.add(name);
  }

  tellAll(): void {
    this.#forget();
    this.#untold = new Set(this.#atMs.keys());
  }

  takeUntold(): { name: string; ageMs: number }[] {
    this.#forget();
    const nowMs = performance.now();
    const untold = [...this.#untold].map((name) => ({ name, ageMs: nowMs - (this.#atMs.get(name) ?? nowMs) }));
    this.#untold.clear();
    return untold;
  }

  // A Map keeps the order in which its entries came, which is that of their moments.
  #forget(): void {
    const endedMs = performance.now() - this.#longestMs;
    for (const [name, atMs] of this.#atMs) {
      if (atMs > endedMs) return;
      this.#atMs.delete(name);
      this.#untold.delete(name);
    }
  }
}

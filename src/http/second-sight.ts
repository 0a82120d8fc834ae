// Tells what comes again from what came once. A cache that took in everything would be full of what nobody asks twice.

const keptLength = 500_000;

export class SecondSight {
  #recent = new Set<string>();
  #before = new Set<string>();
  #length = 0;

  /** Answers whether the text came before, not too long ago. */
  meet(text: string): boolean {
    if (this.#recent.has(text) || this.#before.has(text)) return true;
    this.#recent.add(text);
    this.#length += text.length;
    if (this.#length > keptLength) {
      this.#before = this.#recent;
      this.#recent = new Set();
      this.#length = 0;
    }
    return false;
  }
}

// Nodes that cannot reach Redis while others may: they say so where all nodes can read it, and the others leave them
// their part. Redis alone could not tell, since who is not heard of there may be dead or busy on its own.

export interface LoneNodes {
  /** Says, or says again, that the node takes one call in `weight` by itself. Counts for so long if it says no more. */
  declare(node: string, weight: number, keptMs: number): Promise<void>;
  withdraw(node: string): Promise<void>;
  /** The weights of all others that have declared themselves. */
  weightsOfOthers(node: string): Promise<number[]>;
}

const staleInBeats = 3;

/** What is left of the budget for those that share it. */
export class SharedPart {
  readonly #nodes: LoneNodes;
  readonly #node: string;
  readonly #beatMs: number;
  #weights: readonly number[] = [];
  #askedAtMs = Number.NEGATIVE_INFINITY;

  constructor(nodes: LoneNodes, node: string, beatMs: number) {
    this.#nodes = nodes;
    this.#node = node;
    this.#beatMs = beatMs;
  }

  /** After this long everybody knows of a node that declares itself now, or does not trust what it knew. */
  get knownAfterMs(): number {
    return this.#beatMs * staleInBeats;
  }

  async look(): Promise<void> {
    const askedAtMs = performance.now();
    this.#weights = await this.#nodes.weightsOfOthers(this.#node);
    this.#askedAtMs = askedAtMs;
  }

  /** 0 to 1. Who does not know takes what it would take alone. */
  of(nodes: number): number {
    if (performance.now() - this.#askedAtMs > this.knownAfterMs) return 1 / nodes;
    return Math.max(0, 1 - this.#weights.reduce((sum, weight) => sum + 1 / weight, 0));
  }
}

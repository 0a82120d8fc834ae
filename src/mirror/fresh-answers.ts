// Answers that are given again for as long as nothing that they show was written.

import { LRUCache } from "lru-cache";
import type { Visibility } from "../store/visibility.js";
import type { DependsOn, Freshness } from "./freshness.js";

interface Kept {
  body: string;
  revision: number;
  dependsOn: DependsOn;
}

const maxBytes = 32_000_000;
// A key and its place in the cache.
const overheadBytes = 500;

export class FreshAnswers {
  readonly #freshness: Freshness;
  readonly #kept = new LRUCache<string, Kept>({
    maxSize: maxBytes,
    maxEntrySize: maxBytes / 16,
    sizeCalculation: ({ body }, key) => body.length + key.length + overheadBytes,
  });

  constructor(freshness: Freshness) {
    this.#freshness = freshness;
  }

  /** To be asked before an answer is sought. */
  catchUp(): number | Promise<number> {
    return this.#freshness.catchUp();
  }

  /** Null where it takes asking: for what is not kept, that would be asked for in vain. */
  catchUpAtOnce(): number | null {
    return this.#freshness.catchUpAtOnce();
  }

  find(key: string): string | undefined {
    const kept = this.#kept.get(key);
    if (!kept) return undefined;
    if (this.#freshness.isFresh(kept.revision, kept.dependsOn)) return kept.body;
    this.#kept.delete(key);
    return undefined;
  }

  /** `revision` is what `catchUp` answered before anything of the answer was read. */
  keep(key: string, body: string, revision: number, dependsOn: DependsOn): void {
    this.#kept.set(key, { body, revision, dependsOn });
  }
}

/** Who sees the same: what one of them was answered is the other's answer too. */
export function sightOf({ tenant, entities, hasPersonalData }: Visibility): string {
  return JSON.stringify([tenant, entities, hasPersonalData]);
}

// What answers are made of, given again for as long as nothing of its customer was written: another question about the same
// objects need not read them anew.

import { LRUCache } from "lru-cache";
import type { Visibility } from "../store/visibility.js";
import type { Freshness } from "./freshness.js";

interface Held {
  value: object;
  revision: number;
  customerId: string;
}

/** What is held under one name is of one kind. */
export type HeldKind = "customer" | "payout" | `${number} payouts`;

// A row takes a kilobyte or two.
const maxRows = 10_000;

export class FreshObjects {
  readonly #freshness: Freshness;
  readonly #held = new LRUCache<string, Held>({
    maxSize: maxRows,
    sizeCalculation: ({ value }) => 1 + ("nodes" in value ? (value.nodes as unknown[]).length : 0),
  });

  constructor(freshness: Freshness) {
    this.#freshness = freshness;
  }

  /** For one request, which looked up the revision before it read anything. */
  at(revision: number, { tenant, hasPersonalData }: Visibility): ObjectsAt {
    const sight = `${hasPersonalData ? "full" : "masked"} ${tenant ?? ""}`;
    return {
      find: <T extends object>(kind: HeldKind, id: string): T | undefined => {
        const key = `${kind} ${id} ${sight}`;
        const held = this.#held.get(key);
        if (!held) return undefined;
        if (this.#freshness.isFreshOf(held.revision, held.customerId)) return held.value as T;
        this.#held.delete(key);
        return undefined;
      },
      hold: (kind, id, value, customerId) => {
        this.#held.set(`${kind} ${id} ${sight}`, { value: Object.freeze(value), revision, customerId });
      },
    };
  }
}

export interface ObjectsAt {
  find<T extends object>(kind: HeldKind, id: string): T | undefined;
  /** Nobody can change it any more. */
  hold(kind: HeldKind, id: string, value: object, customerId: string): void;
}

// Answers that are given again for as long as nothing that they show was written. Everything of a customer's hangs
// together, its documents, its payouts and what became of them, so an answer depends on customers, or on all of a tenant.

import { LRUCache } from "lru-cache";
import type { Database } from "../store/database.js";
import type { RecentChanges } from "../store/recent-changes.js";
import type { Visibility } from "../store/visibility.js";

export type DependsOn =
  | { kind: "customers"; ids: ReadonlySet<string> }
  /** Null: everybody's. */
  | { kind: "tenant"; tenant: string | null };

interface Kept {
  body: string;
  revision: number;
  dependsOn: DependsOn;
}

const maxBytes = 32_000_000;
// A key and its place in the cache.
const overheadBytes = 500;
const maxRemembered = 20_000;

export class FreshAnswers {
  readonly #database: Database;
  readonly #kept = new LRUCache<string, Kept>({
    maxSize: maxBytes,
    maxEntrySize: maxBytes / 16,
    sizeCalculation: ({ body }, key) => body.length + key.length + overheadBytes,
  });
  readonly #customers = new Map<string, number>();
  readonly #tenants = new Map<string, number>();
  #known: number | null = null;
  /** What was read before this revision is not known to be fresh. */
  #floor = 0;
  #last = 0;
  #lookedNow: number | null = null;

  constructor(database: Database) {
    this.#database = database;
  }

  /**
   * Answers the revision that everything read from now on is at least of, and what was kept of earlier ones is only
   * found where it still says the same. To be asked for each request: what was committed before it is seen.
   */
  catchUp(): number | Promise<number> {
    if (this.#lookedNow !== null) return this.#lookedNow;
    const news = this.#database.changes.since(this.#known);
    if (news instanceof Promise) return news.then((late) => this.#learn(late));
    // All that came in with the same turn of the event loop was asked before this look: it is of that moment for them too.
    this.#lookedNow = this.#learn(news);
    setImmediate(this.#endTurn);
    return this.#lookedNow;
  }

  readonly #endTurn = () => {
    this.#lookedNow = null;
  };

  find(key: string): string | undefined {
    const kept = this.#kept.get(key);
    if (!kept) return undefined;
    if (this.#isFresh(kept)) return kept.body;
    this.#kept.delete(key);
    return undefined;
  }

  /** `revision` is what `catchUp` answered before anything of the answer was read. */
  keep(key: string, body: string, revision: number, dependsOn: DependsOn): void {
    this.#kept.set(key, { body, revision, dependsOn });
  }

  #isFresh({ revision, dependsOn }: Kept): boolean {
    if (revision < this.#floor) return false;
    if (dependsOn.kind === "tenant") {
      const { tenant } = dependsOn;
      return (tenant === null ? this.#last : (this.#tenants.get(tenant) ?? 0)) <= revision;
    }
    for (const id of dependsOn.ids) if ((this.#customers.get(id) ?? 0) > revision) return false;
    return true;
  }

  #learn({ revision, changes }: RecentChanges): number {
    const known = this.#known ?? revision;
    if (revision <= known) {
      this.#known = known;
      // Others may have learnt more meanwhile; what this caller reads is of its own moment all the same.
      return revision;
    }
    if (changes === null || this.#customers.size + this.#tenants.size > maxRemembered) this.#forget(revision);
    for (const change of changes ?? []) {
      this.#customers.set(change.customer_id, change.revision);
      this.#tenants.set(change.tenant, change.revision);
      this.#tenants.set(change.former_tenant, change.revision);
    }
    this.#known = revision;
    this.#last = revision;
    return revision;
  }

  #forget(revision: number): void {
    this.#customers.clear();
    this.#tenants.clear();
    this.#floor = revision;
  }
}

/** Who sees the same: what one of them was answered is the other's answer too. */
export function sightOf({ tenant, entities, hasPersonalData }: Visibility): string {
  return JSON.stringify([tenant, entities, hasPersonalData]);
}

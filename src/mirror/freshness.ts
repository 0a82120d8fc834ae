// What of that which was read before still says the same. Everything of a customer's hangs together, its documents, its
// payouts and what became of them, so what is kept depends on customers, or on all of a tenant.

import type { Database } from "../store/database.js";
import type { RecentChanges } from "../store/recent-changes.js";

export type DependsOn =
  | { kind: "customers"; ids: ReadonlySet<string> }
  /** Null: everybody's. */
  | { kind: "tenant"; tenant: string | null };

const maxRemembered = 20_000;

export class Freshness {
  readonly #database: Database;
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
   * fresh where it still says the same. To be asked for each request: what was committed before it is seen.
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

  /** The revision as `catchUp` answers it; null where that takes asking. */
  catchUpAtOnce(): number | null {
    return this.#database.changes.isAtOnce ? (this.catchUp() as number) : null;
  }

  readonly #endTurn = () => {
    this.#lookedNow = null;
  };

  /** Of what was read after `catchUp` had answered the revision. */
  isFresh(revision: number, dependsOn: DependsOn): boolean {
    if (dependsOn.kind === "tenant") {
      const { tenant } = dependsOn;
      return revision >= this.#floor && (tenant === null ? this.#last : (this.#tenants.get(tenant) ?? 0)) <= revision;
    }
    for (const id of dependsOn.ids) if (!this.isFreshOf(revision, id)) return false;
    return revision >= this.#floor;
  }

  /** Of what depends on one customer. */
  isFreshOf(revision: number, customerId: string): boolean {
    return revision >= this.#floor && (this.#customers.get(customerId) ?? 0) <= revision;
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

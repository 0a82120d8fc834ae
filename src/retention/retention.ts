// Removes what is older than it is to be kept. One node at a time, or one command; batch by batch, with a rest as long as
// the work after each, so that writers have the database for half of the time at least.

import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { Database } from "../store/database.js";
import { dropLease, holdLease } from "../store/lease.queries.js";
import { type Batch, batchOf, type Kind, kinds } from "./aged-rows.js";

/** How many days each kind is kept; null: for ever. */
export type KeptDays = Readonly<Record<Kind, number | null>>;

export interface RetentionParts {
  database: Database;
  keptDays: KeptDays;
  /** Who removes, for the audit trail. */
  principalId: string;
  onRemoved?: (kind: Kind, count: number) => void;
}

export interface RetentionOptions {
  /** Counts only. */
  isDryRun?: boolean;
  isStopped?: () => boolean;
}

/** How many of each kind that is not kept for ever were removed, or would be. */
export type RetentionReport = Partial<Record<Kind, number>>;

export const retentionLease = "retention";
// Renewed between batches; after it another node takes over from one that died.
const leaseMs = 30_000;
const dayMs = 86_400_000;
const longestRestMs = 1_000;

export class Retention {
  readonly #parts: RetentionParts;
  readonly #owner = randomUUID();

  constructor(parts: RetentionParts) {
    this.#parts = parts;
  }

  /** Answers null, and does nothing, where another is at it. */
  async run({ isDryRun = false, isStopped = () => false }: RetentionOptions = {}): Promise<RetentionReport | null> {
    // To count takes nothing from anybody.
    if (isDryRun) return this.#all(true, async () => true);
    const { database } = this.#parts;
    const hold = () => holdLease(database, retentionLease, this.#owner, leaseMs);
    if (!(await hold())) return null;
    let heldAt = performance.now();
    try {
      return await this.#all(false, async () => {
        if (isStopped()) return false;
        if (performance.now() - heldAt < leaseMs / 3) return true;
        heldAt = performance.now();
        return hold();
      });
    } finally {
      await dropLease(database.db, retentionLease, this.#owner);
    }
  }

  async #all(isDryRun: boolean, goesOn: () => Promise<boolean>): Promise<RetentionReport> {
    const report: RetentionReport = {};
    for (const kind of kinds) {
      const days = this.#parts.keptDays[kind];
      if (days !== null) {
        const before = this.#parts.database.clock.now() - days * dayMs;
        report[kind] = await this.#one(kind, before, isDryRun, goesOn);
      }
    }
    return report;
  }

  async #one(kind: Kind, before: number, isDryRun: boolean, goesOn: () => Promise<boolean>): Promise<number> {
    const { database, principalId, onRemoved } = this.#parts;
    let total = 0;
    let after: number | null = null;
    while (await goesOn()) {
      const startedAt = performance.now();
      const batch: Batch = await batchOf[kind](database, { after, before, isDryRun, principalId });
      total += batch.count;
      if (!isDryRun && batch.count > 0) onRemoved?.(kind, batch.count);
      if (batch.next === null) break;
      after = batch.next;
      await sleep(Math.min(performance.now() - startedAt, longestRestMs));
    }
    return total;
  }
}

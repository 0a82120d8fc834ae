// The one door for change: whatever brings news, it is judged here, and what it really changed is written to the entity
// and to the log in one transaction. Old or repeated news changes nothing.

import type { Change } from "../datasources/changes.js";
import type { StatusSource } from "../schema/status-change.enum.js";
import type { Database, Tx } from "../store/database.js";
import { LogAppender, lockLog } from "../store/status-log.queries.js";
import { operatorTenant } from "../store/visibility.js";
import type { Logger } from "../telemetry/logger.js";
import type { Metrics } from "../telemetry/metrics.js";
import { type AppliedChange, type ApplyContext } from "./apply-context.js";
import { applyCustomerChange } from "./apply-customer-change.js";
import { applyDocumentChange } from "./apply-document-change.js";
import { applyPayoutChange } from "./apply-payout-change.js";
import { KnownPayouts } from "./known-payouts.js";
import type { WakeUps } from "./wake-ups.js";

export interface News {
  source: StatusSource;
  /** Owner of what the news makes; the operator's where no mutation made it. */
  tenant?: string;
}

export type ApplyNext = (change: Change) => Promise<AppliedChange>;

export interface ApplyChangeParts {
  database: Database;
  wakeUps: WakeUps;
  metrics: Metrics;
  logger: Logger;
}

export class ChangeDoor {
  readonly #parts: ApplyChangeParts;

  constructor(parts: ApplyChangeParts) {
    this.#parts = parts;
  }

  /**
   * Applies the changes in their order, all or none. `alongside` runs last in the same transaction: the journal and the
   * inbox write what they know together with what it brought.
   */
  apply(
    changes: readonly Change[],
    news: News,
    alongside?: (tx: Tx, applied: readonly AppliedChange[]) => Promise<void>,
  ): Promise<AppliedChange[]> {
    return this.open(news, async (tx, applyNext) => {
      const results: AppliedChange[] = [];
      for (const change of changes) results.push(await applyNext(change));
      await alongside?.(tx, results);
      return results;
    });
  }

  /**
   * Runs the work in one transaction that applies changes one by one: all of it is written, or nothing. A change that is
   * refused with an UnknownSubject or a MismatchedPayout has written nothing, so the work may go on without it. What the
   * announced changes are about is read in one go.
   */
  async open<T>(
    news: News,
    work: (tx: Tx, applyNext: ApplyNext) => Promise<T>,
    announced: readonly Change[] = [],
  ): Promise<T> {
    const { database, wakeUps } = this.#parts;
    const applied: AppliedChange[] = [];
    const result = await database.transaction(async (tx) => {
      const log = new LogAppender(tx, await lockLog(tx));
      const payouts = new KnownPayouts(database, tx);
      const { source, tenant = operatorTenant } = news;
      const context = { database, tx, log, payouts, source, tenant, now: database.clock.now() };
      await payouts.readAhead(announced);
      const done = await work(tx, async (change) => {
        const next = await applyOne(context, change);
        applied.push(next);
        return next;
      });
      await log.write();
      return done;
    });
    for (const next of applied) this.#report(next, news.source);
    const last = applied.findLast(({ position }) => position !== null);
    if (last?.position) wakeUps.announce(last.position);
    return result;
  }

  #report(applied: AppliedChange, source: StatusSource): void {
    const { metrics, logger } = this.#parts;
    if (applied.position === null) return;
    metrics.statusChanges.inc({ entity: applied.entity, to: applied.to, source });
    if (applied.verdict === "CORRECT") metrics.corrections.inc();
    logger.info({ ...applied, source }, applied.verdict === "CORRECT" ? "final status corrected" : "status changed");
  }
}

function applyOne(context: ApplyContext, change: Change): Promise<AppliedChange> {
  switch (change.kind) {
    case "customer":
      return applyCustomerChange(context, change);
    case "document":
      return applyDocumentChange(context, change);
    case "payout":
      return applyPayoutChange(context, change);
  }
}

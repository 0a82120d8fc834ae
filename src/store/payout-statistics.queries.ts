import { sql } from "kysely";
import type { PayoutStatus } from "../schema/payout.enum.js";
import type { Database, Db } from "./database.js";
import type { Visibility } from "./visibility.js";

/** Payouts recorded from the one instant on, and before the other. */
export interface Span {
  from: number;
  to: number;
}

export interface TotalRow {
  status: PayoutStatus;
  currency: string | null;
  count: number;
  sum: string | null;
}

/** Sums are exact on every engine. */
export function payoutTotals(database: Database, span: Span, visibility: Visibility): Promise<TotalRow[]> {
  return within(database.db, span, visibility)
    .select(["payouts.status", "payouts.amount_currency as currency"])
    .select((eb) => eb.cast<number>(eb.fn.countAll(), "integer").as("count"))
    .select(database.sumDecimals("payouts.amount").as("sum"))
    .groupBy(["payouts.status", "payouts.amount_currency"])
    .orderBy("payouts.status")
    .orderBy("payouts.amount_currency")
    .execute();
}

/** Counted from the span's beginning, period 0 first. */
export function payoutsByPeriod(db: Db, span: Span, periodMs: number, visibility: Visibility) {
  const period = sql<number>`cast((payouts.created_at - ${span.from}) / ${periodMs} as bigint)`.as("period");
  return within(db, span, visibility)
    .select([period, "payouts.status"])
    .select((eb) => eb.cast<number>(eb.fn.countAll(), "integer").as("count"))
    .groupBy(["period", "payouts.status"])
    .orderBy("period")
    .orderBy("payouts.status")
    .execute();
}

/** How many ended in each range of time; a range goes from its bound to the next one. The first bound is 0. */
export function payoutsByDuration(db: Db, span: Span, boundsMs: readonly number[], visibility: Visibility) {
  const took = sql`(coalesce(status_log.occurred_at, payouts.status_at) - payouts.created_at)`;
  const cases = boundsMs.map((bound, range) => sql`when ${took} >= ${sql.lit(bound)} then ${sql.lit(range)}`).reverse();
  // The provider's clock may be behind ours: what ended before it began took no time.
  const range = sql<number>`case ${sql.join(cases, sql` `)} else 0 end`.as("range");
  return (
    within(db, span, visibility)
      // A payout's position is that of its last change, which the log may no longer hold.
      .leftJoin("status_log", "status_log.position", "payouts.position")
      .where((eb) => eb.or([eb("status_log.position", "is not", null), eb("payouts.status_at", "is not", null)]))
      .where("payouts.status", "in", ["SUCCESSFUL", "FAILED"])
      .select(range)
      .select((eb) => eb.cast<number>(eb.fn.countAll(), "integer").as("count"))
      .groupBy("range")
      .execute()
  );
}

function within(db: Db, { from, to }: Span, { tenant }: Visibility) {
  const query = db.selectFrom("payouts").where("payouts.created_at", ">=", from).where("payouts.created_at", "<", to);
  return tenant === null ? query : query.where("payouts.tenant", "=", tenant);
}

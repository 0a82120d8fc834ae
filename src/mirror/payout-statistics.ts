// Counts and sums over many payouts, made by the database: a page of them could not tell.

import { toCurrencyAmount } from "../schema/currency-digits.js";
import type { PayoutStatistics } from "../schema/payout-statistics.type.js";
import type { Database } from "../store/database.js";
import { payoutsByDuration, payoutsByPeriod, payoutTotals, type Span } from "../store/payout-statistics.queries.js";
import type { Visibility } from "../store/visibility.js";

const boundsSeconds = [0, 1, 5, 15, 60, 300, 3_600, 86_400];

export async function readPayoutStatistics(
  database: Database,
  span: Span,
  periods: number,
  visibility: Visibility,
): Promise<PayoutStatistics> {
  const periodMs = Math.max(1, Math.ceil((span.to - span.from) / periods));
  const boundsMs = boundsSeconds.map((seconds) => seconds * 1000);
  const [totals, byPeriod, byDuration] = await Promise.all([
    payoutTotals(database, span, visibility),
    payoutsByPeriod(database.db, span, periodMs, visibility),
    payoutsByDuration(database.db, span, boundsMs, visibility),
  ]);
  const inRange = new Map(byDuration.map(({ range, count }) => [range, count]));
  return {
    totals: totals.map(({ status, currency, count, sum }) => ({
      status,
      count,
      amount: sum !== null && currency !== null ? { amount: toCurrencyAmount(sum, currency), currency } : null,
    })),
    periods: byPeriod.map(({ period, status, count }) => ({
      from: new Date(span.from + period * periodMs),
      status,
      count,
    })),
    durations: boundsSeconds.map((fromSeconds, range) => ({
      fromSeconds,
      toSeconds: boundsSeconds[range + 1] ?? null,
      count: inRange.get(range) ?? 0,
    })),
  };
}

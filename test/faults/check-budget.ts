// The provider's budget, counted at the provider.

import type { Evidence } from "./evidence.js";

/** What the way of a request may differ from that of another; nothing of it is the gateway's doing. */
const transitMs = 400;

export function checkBudget({ plan, history, requestsAt }: Evidence): string[] {
  const [limit, seconds] = plan.rateLimit.split(/[/s]/).map(Number) as [number, number];
  const windowMs = seconds * 1000 - transitMs;
  // What several nodes share outlives each of them. The memory of one node alone begins anew with its process.
  const parts = plan.nodes === 1 ? split(requestsAt, history.starts) : [requestsAt];
  return parts.flatMap((moments) => {
    const worst = Math.max(0, ...moments.map((from, index) => countUntil(moments, index, from + windowMs)));
    return worst > limit ? [`${worst} requests within ${windowMs} ms, allowed are ${limit}`] : [];
  });
}

function countUntil(moments: readonly number[], first: number, end: number): number {
  let count = 0;
  for (let index = first; index < moments.length && (moments[index] as number) < end; index += 1) count += 1;
  return count;
}

function split(moments: readonly number[], borders: readonly number[]): number[][] {
  const edges = [Number.NEGATIVE_INFINITY, ...borders, Number.POSITIVE_INFINITY];
  return edges
    .slice(1)
    .map((end, index) => moments.filter((moment) => moment >= (edges[index] as number) && moment < end));
}

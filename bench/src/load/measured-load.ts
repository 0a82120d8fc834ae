// A load with what it cost the server's process, in rounds: every contender has a turn in each, so that whatever else the
// machine does meets all of them.

import { cpuMsOf } from "../machine/process-usage.js";
import { median } from "../report/statistics.js";
import type { Bench } from "../scenarios/scenario.js";
import { type LoadMaker, type LoadPlan, type LoadResult, usualConnections } from "./http-load.js";

export interface Contender {
  name: string;
  pid: number;
  plan: Omit<LoadPlan, "amount">;
}

export interface Measured extends LoadResult {
  cpuMsPerRequest: number;
}

/** The load, and the processor time of the server from just before to just after it. */
export async function measureLoad(loads: LoadMaker, pid: number, plan: LoadPlan): Promise<Measured> {
  const before = cpuMsOf(pid);
  const result = await loads.run(plan);
  return { ...result, cpuMsPerRequest: (cpuMsOf(pid) - before) / result.requests };
}

export function medianOf(results: readonly Measured[]): Measured {
  const of = (name: keyof Measured) => median(results.map((result) => result[name]));
  return {
    requests: of("requests"),
    seconds: of("seconds"),
    perSecond: of("perSecond"),
    p50Ms: of("p50Ms"),
    p99Ms: of("p99Ms"),
    cpuMsPerRequest: of("cpuMsPerRequest"),
  };
}

/** Warms each up, finds out how much it does in a round, and measures them in turn. */
export async function compare(
  { rounds, secondsOfRound }: Bench,
  loads: LoadMaker,
  contenders: readonly Contender[],
): Promise<Map<string, Measured>> {
  const amounts = new Map<string, number>();
  for (const { name, plan } of contenders) amounts.set(name, await amountFor(loads, plan, secondsOfRound));
  const results = new Map<string, Measured[]>(contenders.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (const { name, pid, plan } of contenders) {
      const amount = amounts.get(name) as number;
      results.get(name)?.push(await measureLoad(loads, pid, { ...plan, amount }));
    }
  }
  return new Map([...results].map(([name, list]) => [name, medianOf(list)]));
}

/** How many requests make a round. Finding out takes as long as two rounds, which warms the server's code up besides. */
export async function amountFor(
  loads: LoadMaker,
  plan: Omit<LoadPlan, "amount">,
  secondsOfRound: number,
  /** Where no request may be sent twice. */
  take = (_amount: number) => plan.requests,
): Promise<number> {
  const atLeast = plan.connections ?? usualConnections;
  let amount = atLeast;
  let spentSeconds = 0;
  for (;;) {
    const { seconds, perSecond } = await loads.run({ ...plan, requests: take(amount), amount });
    spentSeconds += seconds;
    const ofRound = Math.max(Math.round(perSecond * secondsOfRound), atLeast);
    if (spentSeconds >= 2 * secondsOfRound) return ofRound;
    amount = Math.min(ofRound, amount * 4);
  }
}

// What is asked once only, of servers whose own code is warm: the load's requests are made as they are needed.

import type { LoadMaker, LoadRequest } from "../load/http-load.js";
import { amountFor, type Measured, measureLoad, medianOf } from "../load/measured-load.js";
import { number } from "../report/format.js";
import type { Bound, Table } from "../report/section.js";
import { naive, ours } from "./reading-contenders.js";
import type { Bench } from "./scenario.js";

export interface ColdContender {
  name: string;
  pid: number;
  url: string;
  headers: Record<string, string>;
  /** Requests that this one has not had before. */
  take(amount: number): LoadRequest[];
}

export type Cold = Measured & { callsPerRequest: number };

const mostCpu = 0.3;

export async function compareCold(
  { rounds, secondsOfRound }: Bench,
  loads: LoadMaker,
  contenders: readonly ColdContender[],
  /** How many calls came to whoever is behind the servers since the last question. */
  takeCalls: () => Promise<number>,
): Promise<Map<string, Cold>> {
  const results = new Map<string, Measured[]>(contenders.map(({ name }) => [name, []]));
  const amounts = new Map<string, number>();
  const calls = new Map<string, number>();
  const planOf = ({ url, headers }: ColdContender) => ({ url, headers, expects: '{"data":{' });
  for (const contender of contenders) {
    const plan = { ...planOf(contender), requests: [] };
    amounts.set(contender.name, await amountFor(loads, plan, secondsOfRound, contender.take));
  }
  await takeCalls();
  for (let round = 0; round < rounds; round += 1) {
    for (const contender of contenders) {
      const { name, pid, take } = contender;
      const amount = amounts.get(name) as number;
      const plan = { ...planOf(contender), requests: take(amount), amount };
      results.get(name)?.push(await measureLoad(loads, pid, plan));
      calls.set(name, (calls.get(name) ?? 0) + (await takeCalls()) / amount / rounds);
    }
  }
  return new Map(
    [...results].map(([name, list]) => [name, { ...medianOf(list), callsPerRequest: calls.get(name) ?? 0 }]),
  );
}

export function coldTable(title: string, results: ReadonlyMap<string, Cold>): Table {
  return {
    head: [title, "CPU ms/request", "requests/s", "p50 ms", "p99 ms", "calls/request"],
    rows: [...results].map(([server, { cpuMsPerRequest, perSecond, p50Ms, p99Ms, callsPerRequest }]) => [
      server,
      ...[cpuMsPerRequest, perSecond, p50Ms, p99Ms, callsPerRequest].map(number),
    ]),
  };
}

export function coldBounds(what: string, results: ReadonlyMap<string, Cold>): Bound[] {
  const [our, theirs] = [ours, naive].map((server) => results.get(server) as Cold) as [Cold, Cold];
  const cpu = our.cpuMsPerRequest / theirs.cpuMsPerRequest;
  return [
    {
      what: `${what}: CPU of a request, naive = 1`,
      limit: `at most ${mostCpu}`,
      measured: number(cpu),
      isHeld: cpu <= mostCpu,
    },
    {
      what: `${what}: calls to the provider`,
      limit: `at most ${number(theirs.callsPerRequest)}, as naive`,
      measured: number(our.callsPerRequest),
      isHeld: our.callsPerRequest <= theirs.callsPerRequest,
    },
  ];
}

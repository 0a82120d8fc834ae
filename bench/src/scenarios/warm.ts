// The three queries, over and over: what a busy front end asks.

import { isDeepStrictEqual } from "node:util";
import { startLoadMaker } from "../load/http-load.js";
import { type Contender, compare, type Measured } from "../load/measured-load.js";
import { number, times } from "../report/format.js";
import type { Bound, Section, Table } from "../report/section.js";
import { askedIn, type QueryName, requestsOf } from "../sample/queries.js";
import {
  bare,
  mercurius,
  naive,
  ours,
  type ReadingContenders,
  type Server,
  startReadingContenders,
} from "./reading-contenders.js";
import type { Bench } from "./scenario.js";

// Servers that answer about as fast as the load asks run in one of two ways: one side is always busy, or the two wake each other
// for every answer, which costs half as much again. It changes from second to second, and many short turns meet both.
const turnsOfRound = 3;

const leastThroughput: Partial<Record<QueryName, number>> = { customers: 60, customer: 9 };

export async function warm(bench: Bench): Promise<Section> {
  const contenders = await startReadingContenders(bench);
  const loads = await startLoadMaker();
  const tables: Table[] = [];
  const bounds: Bound[] = [];
  const sizes: string[] = [];
  await contenders.gateway.takeProviderCalls();
  for (const name of askedIn(bench)) {
    const bytes = await checkAnswers(contenders, name);
    sizes.push(`${name} ${number(bytes / 1000)} kB`);
    bench.log(`  ${name}`);
    const requests = requestsOf(name).map((request) => ({ body: JSON.stringify(request) }));
    const results = await compare(
      { ...bench, rounds: bench.rounds * turnsOfRound, secondsOfRound: bench.secondsOfRound / turnsOfRound },
      loads,
      contenders.servers.map(
        (server): Contender => ({
          name: server.name,
          pid: server.pid,
          plan: { url: server.urlOf(name), headers: server.headers, requests, expects: '{"data":{' },
        }),
      ),
    );
    tables.push(tableOf(name, results));
    bounds.push(...boundsOf(name, results));
  }
  const calls = await contenders.gateway.takeProviderCalls();
  bounds.push({
    what: "warm reads: calls to the provider",
    limit: "none",
    measured: String(calls.length),
    isHeld: calls.length === 0,
  });
  await loads.stop();
  await contenders.stop();
  return {
    title: "Warm reads",
    text: [
      `64 connections, each with one request at a time. \`customers\` asks for 20 customers with 5 payouts each, \`customer\` and
\`payout\` for one of a hundred in turn, by id. Answers: ${sizes.join(", ")}; before anything is measured, all servers'
answers are compared with each other. Each round is of ${turnsOfRound} turns, and medians are over the turns.`,
    ],
    tables,
    bounds,
  };
}

/** All servers say the same; answers the length of what they say. */
async function checkAnswers({ servers, keepAnswer }: ReadingContenders, name: QueryName): Promise<number> {
  const [request] = requestsOf(name);
  const answers = new Map<string, string>();
  for (const server of servers.filter((each) => each.name !== bare)) {
    answers.set(server.name, await ask(server, name, JSON.stringify(request)));
  }
  const expected = answers.get(ours) as string;
  for (const [server, text] of answers) {
    if (isDeepStrictEqual(JSON.parse(text), JSON.parse(expected))) continue;
    throw new Error(`${server} answers ${name} with ${text.slice(0, 500)} and not with ${expected.slice(0, 500)}`);
  }
  await keepAnswer(name, expected);
  return Buffer.byteLength(expected);
}

async function ask({ urlOf, headers }: Server, name: QueryName, body: string): Promise<string> {
  const response = await fetch(urlOf(name), {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body,
  });
  return response.text();
}

function tableOf(name: QueryName, results: ReadonlyMap<string, Measured>): Table {
  const { cpuMsPerRequest: ourCpu, perSecond: ourPerSecond } = results.get(ours) as Measured;
  return {
    head: [
      `${name}, warm`,
      "CPU ms/request",
      "requests/s",
      "p50 ms",
      "p99 ms",
      "CPU, ours = 1",
      "requests/s, ours = 1",
    ],
    rows: [...results].map(([server, { cpuMsPerRequest, perSecond, p50Ms, p99Ms }]) => [
      server,
      number(cpuMsPerRequest),
      number(perSecond),
      number(p50Ms),
      number(p99Ms),
      number(cpuMsPerRequest / ourCpu),
      number(perSecond / ourPerSecond),
    ]),
  };
}

function boundsOf(name: QueryName, results: ReadonlyMap<string, Measured>): Bound[] {
  const [our, theirs, slow] = [ours, mercurius, naive].map((server) => results.get(server) as Measured) as [
    Measured,
    Measured,
    Measured,
  ];
  const cpu = our.cpuMsPerRequest / theirs.cpuMsPerRequest;
  const bounds: Bound[] = [
    {
      what: `\`${name}\` warm: CPU of a request, Mercurius = 1`,
      limit: "at most 1",
      measured: number(cpu),
      isHeld: cpu <= 1,
    },
  ];
  const least = leastThroughput[name];
  if (least === undefined) return bounds;
  const faster = our.perSecond / slow.perSecond;
  const what = `\`${name}\` warm: requests a second, naive = 1`;
  return [...bounds, { what, limit: `at least ${least}`, measured: times(faster), isHeld: faster >= least }];
}

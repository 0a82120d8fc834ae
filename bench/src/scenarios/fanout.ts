// One event to everybody, and many events that each concern a few: the gateway beside a bare `ws` server.

import { setTimeout as sleep } from "node:timers/promises";
import { type LoadMaker, startLoadMaker } from "../load/http-load.js";
import { cpuMsOf, residentBytesOf } from "../machine/process-usage.js";
import { number } from "../report/format.js";
import type { Bound, Section, Table } from "../report/section.js";
import { median } from "../report/statistics.js";
import { type FanoutServer, keys, startBareServer, startIntakeAlone, startOurServer } from "./fanout-servers.js";
import type { Bench } from "./scenario.js";

const perSecond = 200;
const eventsToAll = 3;
const settleMs = 1_000;
const patienceMs = 120_000;
const mostTimesBare = 2;
const mostBytesEach = 20_000;
const boundsAt = 5_000;

export async function fanout(bench: Bench): Promise<Section> {
  const loads = await startLoadMaker();
  const tables: Table[] = [];
  const bounds: Bound[] = [];
  for (const count of bench.isQuick ? [1_000] : [1_000, 5_000]) {
    bench.log(`  ${count} subscribers`);
    const measured = await measureAt(bench, loads, count);
    tables.push(measured.table);
    if (count === boundsAt) bounds.push(...measured.bounds);
  }
  await loads.stop();
  return {
    title: "Fan-out",
    text: [
      `WebSocket subscribers in a process of their own, the same bytes from both servers. To all: everybody follows everything, one event, and the
time from before its webhook (to the bare server: its post) is sent until the last subscriber has it. To 1 %: ${perSecond} events a second, each of one
of ${keys} customers, and every subscriber follows one customer; processor time until all have come, each counted once. What the
gateway does for the webhooks alone is measured beside it, on a gateway without subscribers.`,
    ],
    tables,
    bounds,
  };
}

async function measureAt(bench: Bench, loads: LoadMaker, count: number): Promise<{ table: Table; bounds: Bound[] }> {
  const seconds = bench.isQuick ? 2 : 10;
  const events = perSecond * seconds;
  const enough = (events + keys) * (bench.rounds + 1) + eventsToAll * bench.rounds + 1;
  const ours = await startOurServer(bench, enough);
  const bare = await startBareServer();
  const alone = await startIntakeAlone(bench, enough);

  const bytesEach = new Map<string, number>();
  for (const server of [ours, bare]) {
    const before = residentBytesOf(server.pid);
    await server.connectToAll(count);
    // Whoever has the first event has subscribed.
    await deliver(loads, server, server.takeToAll(1), count, perSecond);
    await sleep(settleMs);
    bytesEach.set(server.name, (residentBytesOf(server.pid) - before) / count);
  }
  const lastMs = await inTurn(bench.rounds * eventsToAll, [ours, bare], async (server) => {
    const { sentAt, lastAt } = await deliver(loads, server, server.takeToAll(1), count, perSecond);
    return lastAt - (sentAt[0] as number);
  });

  for (const server of [ours, bare]) {
    await server.disconnect();
    await server.connectByKey(count);
    await deliver(loads, server, server.takeByKey(keys), count, perSecond);
  }
  const concerned = (events * count) / keys;
  const cpuMs = await inTurn(bench.rounds, [ours, alone, bare], async (server) => {
    const before = cpuMsOf(server.pid);
    await deliver(loads, server, server.takeByKey(events), server === alone ? 0 : concerned, perSecond);
    return cpuMsOf(server.pid) - before;
  });
  for (const server of [ours, alone, bare]) await server.stop();

  const cellsOf = (server: FanoutServer) => [
    server === alone ? "" : number(lastMs.get(server.name) as number),
    number((cpuMs.get(server.name) as number) / 1000),
    server === alone ? "" : number((bytesEach.get(server.name) as number) / 1000),
  ];
  const head = [`${count} subscribers`, "to all: last, ms", `to 1 %: CPU s in ${seconds} s`, "kB each"];
  const rows = [ours, alone, bare].map((server) => [server.name, ...cellsOf(server)]);
  return { table: { head, rows }, bounds: boundsOf(ours, bare, { lastMs, cpuMs, bytesEach }) };
}

/** Sends the events and waits until they have come: all of them, and none twice. */
async function deliver(
  loads: LoadMaker,
  server: FanoutServer,
  requests: ReturnType<FanoutServer["takeToAll"]>,
  expected: number,
  pace: number,
): Promise<{ sentAt: number[]; lastAt: number }> {
  await server.subscribers.expect(expected);
  const sentAt = await loads.pace({ url: server.url, requests, perSecond: pace, expects: "true" });
  await server.untilDone();
  const { events, repeats, lastAt } = await server.subscribers.collected(patienceMs);
  if (events === expected && repeats === 0) return { sentAt, lastAt };
  throw new Error(`${server.name}: of ${expected} deliveries ${events} came, ${repeats} of them twice.`);
}

async function inTurn(
  rounds: number,
  servers: readonly FanoutServer[],
  measure: (server: FanoutServer) => Promise<number>,
): Promise<Map<string, number>> {
  const results = new Map<string, number[]>(servers.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (const server of servers) results.get(server.name)?.push(await measure(server));
  }
  return new Map([...results].map(([name, values]) => [name, median(values)]));
}

function boundsOf(
  { name: ours }: FanoutServer,
  { name: bare }: FanoutServer,
  { lastMs, cpuMs, bytesEach }: Record<"lastMs" | "cpuMs" | "bytesEach", Map<string, number>>,
): Bound[] {
  const ratio = (values: Map<string, number>) => (values.get(ours) as number) / (values.get(bare) as number);
  const each = bytesEach.get(ours) as number;
  const asRatio = (what: string, value: number): Bound => {
    const limit = `at most ${mostTimesBare}`;
    return { what, limit, measured: number(value), isHeld: value <= mostTimesBare };
  };
  return [
    asRatio(`one event to ${boundsAt} subscribers: last delivery, bare ws = 1`, ratio(lastMs)),
    asRatio(`${perSecond} events a second to 1 % of ${boundsAt}: CPU, bare ws = 1`, ratio(cpuMs)),
    {
      what: "memory for each subscriber",
      limit: `at most ${mostBytesEach / 1000} kB`,
      measured: `${number(each / 1000)} kB`,
      isHeld: each <= mostBytesEach,
    },
  ];
}

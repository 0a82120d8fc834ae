// One event to everybody, and many events that each concern a few: the gateway beside a bare `ws` server.

import { setTimeout as sleep } from "node:timers/promises";
import { type LoadMaker, startLoadMaker } from "../load/http-load.js";
import { cpuMsOf, residentBytesOf } from "../machine/process-usage.js";
import { number } from "../report/format.js";
import type { Bound, Section, Table } from "../report/section.js";
import { deliver, inTurn, type Outcome } from "./deliver.js";
import { type FanoutServer, keys, startBareServer, startIntakeAlone, startOurServer } from "./fanout-servers.js";
import type { Bench } from "./scenario.js";

const perSecond = 200;
const eventsToAll = 3;
const settleMs = 1_000;
const mostTimesBare = 2;
const mostKilobytes = 20;

export async function fanout(bench: Bench): Promise<Section> {
  const loads = await startLoadMaker();
  const tables: Table[] = [];
  const bounds: Bound[] = [];
  const counts = bench.isQuick ? [1_000] : [1_000, 5_000];
  for (const count of counts) {
    bench.log(`  ${count} subscribers`);
    const measured = await measureAt(bench, loads, count);
    tables.push(measured.table);
    if (count === counts.at(-1)) bounds.push(...measured.bounds);
  }
  await loads.stop();
  return {
    title: "Fan-out",
    text: [
      `WebSocket subscribers in a process of their own, the same bytes from both servers. To all: everybody follows everything, one event, and the
time from before its webhook (to the bare server: its post) is sent until the last subscriber has it. To 1 %: ${perSecond} events a second, each of one
of ${keys} customers, and every subscriber follows one customer; processor time until all have come, each counted once. What the
gateway does for the webhooks alone is measured beside it, on a gateway without subscribers. Who does not deliver in time is stopped, and
the table says how far it came.`,
    ],
    tables,
    bounds,
  };
}

async function measureAt(bench: Bench, loads: LoadMaker, count: number): Promise<{ table: Table; bounds: Bound[] }> {
  const seconds = bench.isQuick ? 1 : 10;
  const patienceMs = bench.isQuick ? 10_000 : 60_000;
  const events = perSecond * seconds;
  const enough = (events + 1) * (bench.rounds + 1) + eventsToAll * bench.rounds;
  const ours = await startOurServer(bench, enough);
  const bare = await startBareServer();
  const alone = await startIntakeAlone(bench, enough);
  const told = { perSecond, patienceMs };

  const kilobytes: Outcome = new Map();
  for (const server of [ours, bare]) {
    const before = residentBytesOf(server.pid);
    await server.connectToAll(count);
    // Whoever has the first event has subscribed.
    await deliver(loads, server, { ...told, requests: server.takeToAll(1), expected: count });
    await sleep(settleMs);
    kilobytes.set(server.name, (residentBytesOf(server.pid) - before) / count / 1000);
  }
  const lastMs = await inTurn(bench.rounds * eventsToAll, [ours, bare], async (server) => {
    const { sentAt, lastAt } = await deliver(loads, server, {
      ...told,
      requests: server.takeToAll(1),
      expected: count,
    });
    return lastAt - (sentAt[0] as number);
  });

  const isIn = ({ name }: FanoutServer) => typeof lastMs.get(name) !== "string";
  for (const server of [ours, bare].filter(isIn)) {
    await server.disconnect();
    await server.connectByKey(count);
    await sleep(settleMs);
  }
  const cpuSeconds = await inTurn(bench.rounds, [ours, alone, bare].filter(isIn), async (server) => {
    const before = cpuMsOf(server.pid);
    const expected = server === alone ? 0 : (events * count) / keys;
    await deliver(loads, server, { ...told, requests: server.takeByKey(events), expected });
    return (cpuMsOf(server.pid) - before) / 1000;
  });
  for (const server of [ours, alone, bare]) await server.stop();

  const head = [`${count} subscribers`, "to all: last, ms", `to 1 %: CPU s in ${seconds} s`, "kB each"];
  const rows = [ours, alone, bare].map(({ name }) => [
    name,
    ...[lastMs, cpuSeconds, kilobytes].map((of) => cell(of, name)),
  ]);
  return { table: { head, rows }, bounds: boundsOf(count, ours, bare, { lastMs, cpuSeconds, kilobytes }) };
}

function cell(outcome: Outcome, name: string): string {
  const value = outcome.get(name) ?? "";
  return typeof value === "number" ? number(value) : value;
}

function boundsOf(
  count: number,
  { name: ours }: FanoutServer,
  { name: bare }: FanoutServer,
  { lastMs, cpuSeconds, kilobytes }: Record<"lastMs" | "cpuSeconds" | "kilobytes", Outcome>,
): Bound[] {
  const beside = (what: string, outcome: Outcome): Bound => {
    const [our, theirs] = [outcome.get(ours), outcome.get(bare)];
    const ratio = typeof our === "number" && typeof theirs === "number" ? our / theirs : Number.POSITIVE_INFINITY;
    const measured = Number.isFinite(ratio) ? number(ratio) : String(our ?? "not reached");
    return { what, limit: `at most ${mostTimesBare}`, measured, isHeld: ratio <= mostTimesBare };
  };
  const each = kilobytes.get(ours) as number;
  return [
    beside(`one event to ${count} subscribers: last delivery, bare ws = 1`, lastMs),
    beside(`${perSecond} events a second to 1 % of ${count}: CPU, bare ws = 1`, cpuSeconds),
    {
      what: "memory for each subscriber",
      limit: `at most ${mostKilobytes} kB`,
      measured: `${number(each)} kB`,
      isHeld: each <= mostKilobytes,
    },
  ];
}

// What one node asks of the PostgreSQL and the Redis that all nodes share, and what that makes of many nodes.

import { setTimeout as sleep } from "node:timers/promises";
import { startMeasuredGateway } from "../gateway/measured-gateway.js";
import { makeKey } from "../gateway/template.js";
import { type LoadRequest, startLoadMaker } from "../load/http-load.js";
import { measureLoad } from "../load/measured-load.js";
import { number } from "../report/format.js";
import type { Section, Table } from "../report/section.js";
import { countedAfterMs, openSharedServices, type ServiceUrls, type Spent } from "../shared/shared-services.js";
import { askGateway } from "./ask-gateway.js";
import { isPaid, paymentOf } from "./mutations.js";
import { createPartnerCustomers, untilVerified } from "./partner-customers.js";
import type { Bench } from "./scenario.js";

const payers = 20;
const nodeCounts = [1, 10, 100, 1_000];
// What PostgreSQL lets in unless it is told otherwise.
const usualConnections = 100;
const read = "query Read($id: ID!) { customer(id: $id) { id name email status } }";

interface Cost extends Spent {
  what: string;
  gatewayCpuMs: number;
}

export async function shared(bench: Bench): Promise<Section> {
  const services = await openSharedServices(bench.services as ServiceUrls);
  const partner = await makeKey(services.environment, "partner");
  // The later steps of a payout come as webhooks at once.
  const provider = { payoutStepDelayMs: 0 };
  const gateway = await startMeasuredGateway(bench, { provider, elsewhere: { ...services, partner } });
  const loads = await startLoadMaker();
  const customers = await createPartnerCustomers(gateway, payers, "+pre-verified");
  await untilVerified(gateway, customers);
  const plan = { url: `${gateway.url}/graphql`, headers: partner.headers };
  const reads = (mark: string) =>
    customers.map((id, index) => ({
      body: JSON.stringify({ query: read, variables: { id, mark: `${mark}${index}` } }),
    }));
  const {
    reads: readCount,
    payouts,
    idleMs,
  } = bench.isQuick ? { reads: 2_000, payouts: 300, idleMs: 5_000 } : { reads: 20_000, payouts: 2_000, idleMs: 30_000 };

  let before = await services.spent();
  await sleep(idleMs);
  const idle = difference(await services.spent(), before);
  const idleSeconds = (idleMs + countedAfterMs) / 1000;

  const costs: Cost[] = [];
  let connections = 0;
  const watch = setInterval(async () => {
    connections = Math.max(connections, await services.connections());
  }, 200);
  const measure = async (what: string, amount: number, work: () => Promise<number>) => {
    bench.log(`  ${what}`);
    before = await services.spent();
    const startedAt = performance.now();
    const gatewayCpuMs = await work();
    const after = await services.spent();
    const seconds = (performance.now() - startedAt) / 1000;
    costs.push({ what, gatewayCpuMs, ...each(difference(after, before), idle, seconds / idleSeconds, amount) });
  };
  const loaded = async (requests: LoadRequest[], amount: number, expects: string) =>
    (await measureLoad(loads, gateway.pid, { ...plan, requests, amount, expects })).cpuMsPerRequest;

  await loaded(reads("warm"), 2_000, '{"data":{');
  await measure("a read whose answer is held", readCount, () => loaded(reads("warm"), readCount, '{"data":{'));
  const cold = Array.from({ length: readCount / payers }, (_, turn) => reads(`cold${turn} `)).flat();
  await measure("a read whose answer is not held", readCount, () => loaded(cold, readCount, '{"data":{'));
  await measure("a payout, its two webhooks and three status changes", payouts, async () => {
    const paid = Array.from({ length: payouts }, () => paymentOf(customers));
    const cpu = await loaded(paid, payouts, isPaid);
    const query = "{ payouts(filter: { status: [SUCCESSFUL] }) { totalCount } }";
    const done = async () => (await askGateway<{ payouts: { totalCount: number } }>(gateway, query)).payouts.totalCount;
    while ((await done()) < payouts) await sleep(50);
    return cpu;
  });
  clearInterval(watch);
  await loads.stop();
  await gateway.stop();
  await services.close();
  return toSection(costs, scaled(idle, 1 / idleSeconds), connections);
}

function difference(after: Spent, before: Spent): Spent {
  return mapped(after, (value, name) => value - before[name]);
}

function scaled(spent: Spent, factor: number): Spent {
  return mapped(spent, (value) => value * factor);
}

/** Of one operation, without what the node does of itself meanwhile. */
function each(total: Spent, idle: Spent, idleTimes: number, amount: number): Spent {
  return mapped(total, (value, name) => Math.max(0, value - idle[name] * idleTimes) / amount);
}

function mapped(spent: Spent, change: (value: number, name: keyof Spent) => number): Spent {
  const names = Object.keys(spent) as (keyof Spent)[];
  return Object.fromEntries(names.map((name) => [name, change(spent[name], name)])) as unknown as Spent;
}

function toSection(costs: readonly Cost[], idle: Spent, connections: number): Section {
  const cells = (spent: Spent) =>
    [spent.transactions, spent.walBytes / 1000, spent.postgresCpuMs, spent.redisCommands, spent.redisCpuMs].map(number);
  const head = ["transactions", "WAL kB", "PostgreSQL's CPU ms", "Redis commands", "Redis' CPU ms"];
  const nodes: Table = {
    head: ["nodes", "connections", "idle: transactions/s", "idle: PostgreSQL's cores", "idle: Redis commands/s"],
    rows: nodeCounts.map((count) => [
      number(count),
      number(count * connections),
      ...[count * idle.transactions, (count * idle.postgresCpuMs) / 1000, count * idle.redisCommands].map(number),
    ]),
  };
  return {
    title: "What nodes share",
    text: [
      `One node on PostgreSQL and Redis. What it asks of them for one operation, what it does of itself taken off; and what it does of
itself. The last table multiplies that by nodes: it is arithmetic, no measurement. A node held up to ${connections} connections under load; PostgreSQL
lets in ${usualConnections} unless it is told otherwise.`,
    ],
    tables: [
      {
        head: ["for one", "the gateway's CPU ms", ...head],
        rows: costs.map((cost) => [cost.what, number(cost.gatewayCpuMs), ...cells(cost)]),
      },
      { head: ["in a second", ...head], rows: [["an idle node", ...cells(idle)]] },
      nodes,
    ],
    bounds: [],
  };
}

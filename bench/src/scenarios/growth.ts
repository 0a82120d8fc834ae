// The same pages with a hundred times as many payouts behind them.

import type { Caller } from "../gateway/gateway-settings.js";
import { type MeasuredGateway, startMeasuredGateway } from "../gateway/measured-gateway.js";
import { startLoadMaker } from "../load/http-load.js";
import { type Contender, compare, type Measured } from "../load/measured-load.js";
import { number } from "../report/format.js";
import type { Bound, Section, Table } from "../report/section.js";
import { sampleCustomer, samplePayout } from "../sample/sample-data.js";
import { askGateway } from "./ask-gateway.js";
import type { Bench } from "./scenario.js";

const few = 10_000;
const payoutsOfCustomer = 100;
const connections = 8;
const mostTimes = 1.5;
const page = `query ($filter: PayoutFilter, $after: String) {
  payouts(first: 20, filter: $filter, after: $after) {
    totalCount
    pageInfo { hasNextPage endCursor }
    nodes { id status amount { amount currency } createdAt }
  }
}`;
const log = "query ($after: Cursor) { statusChanges(after: $after, first: 100) { cursor source occurredAt } }";
const expected = '{"data":{';

interface Ask {
  name: string;
  /** The partner owns all payouts; the operator may see everybody's. */
  isOperators?: boolean;
  /** Left out of a quick run. */
  isLong?: boolean;
  /** What is asked of a gateway with so many payouts. */
  request(gateway: MeasuredGateway, payouts: number): Promise<{ query: string; variables: object }>;
}

const open = { status: ["PENDING", "PROCESSING"] };
const ended = { status: ["SUCCESSFUL"], currency: "NGN" };

const asks: Ask[] = [
  { name: "first page", request: async () => ({ query: page, variables: {} }) },
  { name: "first page, by status", request: async () => ({ query: page, variables: { filter: open } }) },
  {
    name: "first page, by status and currency",
    isLong: true,
    request: async () => ({ query: page, variables: { filter: ended } }),
  },
  { name: "first page, as the operator", isOperators: true, request: async () => ({ query: page, variables: {} }) },
  {
    name: "first page, of a customer",
    request: async () => ({ query: page, variables: { filter: { customerId: sampleCustomer(0).id } } }),
  },
  {
    name: "page in the middle, by status",
    request: async (gateway, payouts) => ({
      query: page,
      variables: { filter: open, after: await cursorAt(gateway, open, Math.floor(payouts / 2), payouts) },
    }),
  },
  {
    name: "last page but one, by status and currency",
    isLong: true,
    request: async (gateway, payouts) => ({
      query: page,
      variables: { filter: ended, after: await cursorAt(gateway, ended, 100, payouts) },
    }),
  },
  {
    name: "100 entries of the status log, from the middle",
    request: async (gateway, payouts) => ({
      query: log,
      variables: { after: await logCursorAt(gateway, Math.floor(payouts / 2), payouts) },
    }),
  },
];

export async function growth(bench: Bench): Promise<Section> {
  const many = bench.isQuick ? 100_000 : 1_000_000;
  const sizes = [few, many];
  const gateways: MeasuredGateway[] = [];
  for (const payouts of sizes) {
    bench.log(`  ${payouts.toLocaleString("en-US")} payouts`);
    const filling = { customers: payouts / payoutsOfCustomer, payouts };
    gateways.push(await startMeasuredGateway(bench, { filling }));
  }
  const loads = await startLoadMaker();
  const table: Table = {
    head: [
      "payouts(first: 20)",
      ...sizes.map((size) => `CPU ms at ${size.toLocaleString("en-US")}`),
      "ratio",
      "p50 ms, many",
    ],
    rows: [],
  };
  const bounds: Bound[] = [];
  for (const ask of asks.filter(({ isLong }) => !bench.isQuick || !isLong)) {
    bench.log(`  ${ask.name}`);
    const contenders: Contender[] = [];
    for (const [index, gateway] of gateways.entries()) {
      const body = JSON.stringify(await ask.request(gateway, sizes[index] as number));
      const url = `${gateway.url}/graphql`;
      const { headers }: Caller = ask.isOperators ? gateway.operator : gateway.partner;
      const plan = { url, headers, requests: [{ body }], connections, expects: expected };
      contenders.push({ name: String(index), pid: gateway.pid, plan });
    }
    const results = await compare(bench, loads, contenders);
    const [atFew, atMany] = [results.get("0"), results.get("1")] as [Measured, Measured];
    const ratio = atMany.cpuMsPerRequest / atFew.cpuMsPerRequest;
    table.rows.push([ask.name, ...[atFew.cpuMsPerRequest, atMany.cpuMsPerRequest, ratio, atMany.p50Ms].map(number)]);
    bounds.push({
      what: `${ask.name}: CPU at ${many.toLocaleString("en-US")} payouts, at ${few.toLocaleString("en-US")} = 1`,
      limit: `at most ${mostTimes}`,
      measured: number(ratio),
      isHeld: ratio <= mostTimes,
    });
  }
  await loads.stop();
  for (const gateway of gateways) await gateway.stop();
  return {
    title: "Growth",
    text: [
      `Two gateways, one with ${few.toLocaleString("en-US")} payouts and one with ${many.toLocaleString("en-US")}${bench.isQuick ? " (a whole run: a million)" : ""}, and an entry of the status log for each; every customer has
${payoutsOfCustomer}. Pages of 20 with \`totalCount\` and \`pageInfo\`, ${connections} connections.`,
    ],
    tables: [table],
    bounds,
  };
}

/** The cursor of the first payout of the list that is as old as that one or older. */
async function cursorAt(gateway: MeasuredGateway, filter: object, number: number, payouts: number): Promise<string> {
  const createdTo = samplePayout(number, payouts / payoutsOfCustomer).createdAt;
  const query = "query ($filter: PayoutFilter) { payouts(first: 1, filter: $filter) { pageInfo { endCursor } } }";
  const { payouts: found } = await askGateway<{ payouts: { pageInfo: { endCursor: string } } }>(gateway, query, {
    filter: { ...filter, createdTo },
  });
  return found.pageInfo.endCursor;
}

async function logCursorAt(gateway: MeasuredGateway, number: number, payouts: number): Promise<string> {
  const { id } = samplePayout(number, payouts / payoutsOfCustomer);
  const { payout } = await askGateway<{ payout: { cursor: string } }>(
    gateway,
    "query ($id: ID!) { payout(id: $id) { cursor } }",
    {
      id,
    },
  );
  return payout.cursor;
}

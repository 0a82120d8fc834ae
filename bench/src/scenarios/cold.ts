// What has not been asked before: answers that nobody holds, documents that no server has met, and customers that the mirror
// does not have.

import { type MeasuredGateway, startMeasuredGateway } from "../gateway/measured-gateway.js";
import { type LoadMaker, type LoadRequest, startLoadMaker } from "../load/http-load.js";
import { type Measured, measureLoad, medianOf } from "../load/measured-load.js";
import { number } from "../report/format.js";
import type { Bound, Section, Table } from "../report/section.js";
import { askedIn, type GraphqlRequest, type QueryName, unansweredRequest, unseenRequest } from "../sample/queries.js";
import { type ColdContender, coldBounds, coldTable, compareCold } from "./compare-cold.js";
import { createProviderCustomers } from "./provider-customers.js";
import { bare, hive, naive, ours, type ReadingContenders, startReadingContenders } from "./reading-contenders.js";
import type { Bench } from "./scenario.js";
import { readUnasked, unaskedObjects } from "./unasked.js";

const kinds: [title: string, make: (name: QueryName, mark: string) => GraphqlRequest][] = [
  ["no answer held", unansweredRequest],
  ["unseen document", unseenRequest],
];
let marks = 0;

export async function cold(bench: Bench): Promise<Section> {
  const contenders = await startReadingContenders(bench);
  const loads = await startLoadMaker();
  const tables: Table[] = [];
  const bounds: Bound[] = [];
  for (const [title, make] of kinds) {
    for (const name of askedIn(bench)) {
      bench.log(`  ${name}, ${title}`);
      const asked = contendersFor(bench, contenders, (mark) => make(name, mark));
      const takeCalls = async () =>
        (await countCalls(contenders.gateway)) + (await contenders.restApi.call<number>("takeCalls"));
      const results = await compareCold(bench, loads, asked, takeCalls);
      tables.push(coldTable(`${name}, ${title}`, results));
      bounds.push(...coldBounds(`\`${name}\` cold, ${title}`, results));
    }
  }
  await contenders.stop();

  bench.log("  never asked for");
  const unasked = await readUnasked(bench, loads);
  tables.push(...unasked.tables);
  bounds.push(...unasked.bounds);

  bench.log("  empty mirror");
  const gateway = await startMeasuredGateway(bench, {});
  const { table, callsPerRead } = await readUnknown(bench, gateway, loads);
  await gateway.stop();
  await loads.stop();
  bounds.push({
    what: "`customer` that the mirror does not hold: calls to the provider, naive 1",
    limit: "at most 1",
    measured: number(callsPerRead),
    isHeld: callsPerRead <= 1,
  });
  return {
    title: "Cold reads",
    text: [
      `The same three questions in two ways. With a variable of its own beside each, so that no answer that is held fits, and it is made
anew. And each in a document of its own (another operation name, another alias), so that it has to be parsed, validated and
prepared as well. Then the two questions by id, each for an object that nobody has asked for, of ${number(unaskedObjects)}: nothing of
it is held, and it is read from the database. And customers that the provider knows and the gateway has never heard of: each is
read once, by the operator, whom such customers belong to.`,
    ],
    tables: [...tables, table],
    bounds,
  };
}

function contendersFor(
  { isQuick }: Bench,
  { servers }: ReadingContenders,
  make: (mark: string) => object,
): ColdContender[] {
  // The bare server does not read what is asked, and a response cache has nothing to say to what is new.
  const compared = servers.filter(({ name }) =>
    isQuick ? name === ours || name === naive : name !== bare && name !== hive,
  );
  const take = (amount: number) =>
    Array.from({ length: amount }, (): LoadRequest => ({ body: JSON.stringify(make(nextMark())) }));
  return compared.map(({ name, pid, headers, urlOf }) => ({ name, pid, headers, url: urlOf("customers"), take }));
}

/** The median of rounds, each over customers that were never asked for. */
async function readUnknown({ isQuick, rounds }: Bench, gateway: MeasuredGateway, loads: LoadMaker) {
  const perRound = isQuick ? 100 : 300;
  const results: Measured[] = [];
  let calls = 0;
  for (let round = 0; round <= rounds; round += 1) {
    const ids = await createProviderCustomers(gateway, perRound);
    await gateway.takeProviderCalls();
    const query = "query Customer($id: ID!) { customer(id: $id) { id name email status } }";
    const measured = await measureLoad(loads, gateway.pid, {
      url: `${gateway.url}/graphql`,
      headers: gateway.operator.headers,
      requests: ids.map((id) => ({ body: JSON.stringify({ query, variables: { id } }) })),
      amount: perRound,
      expects: '"customer":{"id"',
    });
    // The first round warms the code up.
    if (round === 0) continue;
    results.push(measured);
    calls += await countCalls(gateway);
  }
  const { cpuMsPerRequest, perSecond, p50Ms, p99Ms } = medianOf(results);
  const callsPerRead = calls / (rounds * perRound);
  const row = [ours, ...[cpuMsPerRequest, perSecond, p50Ms, p99Ms, callsPerRead].map(number)];
  const head = ["customer, unknown to the mirror", "CPU ms/request", "requests/s", "p50 ms", "p99 ms", "calls/request"];
  return { table: { head, rows: [row] }, callsPerRead };
}

async function countCalls(gateway: MeasuredGateway): Promise<number> {
  return (await gateway.takeProviderCalls()).reduce((sum, [, times]) => sum + times, 0);
}

function nextMark(): string {
  marks += 1;
  return `x${marks}`;
}

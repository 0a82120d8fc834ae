// Objects that the mirror has and nobody has asked for, each once: what a read costs that nothing was held for.

import { startMeasuredGateway } from "../gateway/measured-gateway.js";
import type { LoadMaker, LoadRequest } from "../load/http-load.js";
import type { Bound, Table } from "../report/section.js";
import { askedIn, type QueryName, requestFor } from "../sample/queries.js";
import { startWorker } from "../workers/worker.js";
import { type ColdContender, coldBounds, coldTable, compareCold } from "./compare-cold.js";
import { naive, ours } from "./reading-contenders.js";
import type { Bench } from "./scenario.js";

/** As many customers, and a payout of each. */
export const unaskedObjects = 150_000;

export async function readUnasked(bench: Bench, loads: LoadMaker): Promise<{ tables: Table[]; bounds: Bound[] }> {
  const gateway = await startMeasuredGateway(bench, {
    filling: { customers: unaskedObjects, payouts: unaskedObjects },
  });
  const restApi = await startWorker("peers/rest-api");
  const naiveServer = await startWorker("peers/naive");
  const restUrl = await restApi.call<string>("start", { customers: unaskedObjects, payouts: unaskedObjects });
  const naiveUrl = await naiveServer.call<string>("start", { restUrl });
  const takeCalls = async () => {
    const ofGateway = (await gateway.takeProviderCalls()).reduce((sum, [, times]) => sum + times, 0);
    return ofGateway + (await restApi.call<number>("takeCalls"));
  };
  const tables: Table[] = [];
  const bounds: Bound[] = [];
  for (const name of askedIn(bench).filter((each) => each !== "customers")) {
    const contenders: ColdContender[] = [
      {
        name: ours,
        pid: gateway.pid,
        url: `${gateway.url}/graphql`,
        headers: gateway.partner.headers,
        take: taker(name),
      },
      { name: naive, pid: naiveServer.pid, url: naiveUrl, headers: {}, take: taker(name) },
    ];
    const results = await compareCold(bench, loads, contenders, takeCalls);
    tables.push(coldTable(`${name}, never asked for`, results));
    bounds.push(...coldBounds(`\`${name}\` cold, never asked for`, results));
  }
  for (const worker of [naiveServer, restApi, gateway]) await worker.stop();
  return { tables, bounds };
}

/** Customers from the oldest on, payouts from the youngest back: a payout's customer was not asked for either. */
function taker(name: QueryName): (amount: number) => LoadRequest[] {
  let taken = 0;
  return (amount) =>
    Array.from({ length: amount }, () => {
      if (taken === unaskedObjects) throw new Error("There is nothing left that was not asked for.");
      const number = name === "customer" ? taken : unaskedObjects - 1 - taken;
      taken += 1;
      return { body: JSON.stringify(requestFor(name, number, unaskedObjects)) };
    });
}

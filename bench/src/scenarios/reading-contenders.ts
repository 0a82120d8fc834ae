// The gateway and its peers, each in a process of its own, on the same data.

import { type MeasuredGateway, startMeasuredGateway } from "../gateway/measured-gateway.js";
import type { QueryName } from "../sample/queries.js";
import { readingCustomers, readingPayouts } from "../sample/queries.js";
import { startWorker, type Worker } from "../workers/worker.js";
import type { Bench } from "./scenario.js";

export const ours = "payout-gateway";
export const naive = "Apollo 5 + type-graphql over REST, naive";
export const hive = "Hive Gateway, response cache warm";
export const yoga = "GraphQL Yoga + graphql-jit, from memory";
export const mercurius = "Mercurius 16, jit, from memory";
export const bare = "bare node:http, the same bytes";

export interface Server {
  name: string;
  pid: number;
  headers: Record<string, string>;
  urlOf(query: QueryName): string;
}

export interface ReadingContenders {
  gateway: MeasuredGateway;
  restApi: Worker;
  servers: Server[];
  /** Gives the bare server what the gateway answers. */
  keepAnswer(name: QueryName, text: string): Promise<void>;
  stop(): Promise<void>;
}

export async function startReadingContenders(bench: Bench): Promise<ReadingContenders> {
  const filling = { customers: readingCustomers, payouts: readingPayouts };
  const gateway = await startMeasuredGateway(bench, { filling });
  const restApi = await startWorker("peers/rest-api");
  const workers = [restApi];
  const servers: Server[] = [
    { name: ours, pid: gateway.pid, headers: gateway.partner.headers, urlOf: () => `${gateway.url}/graphql` },
  ];
  const add = async (name: string, script: string, args?: unknown) => {
    const worker = await startWorker(script);
    workers.push(worker);
    const url = await worker.call<string>("start", args);
    servers.push({ name, pid: worker.pid, headers: {}, urlOf: () => url });
    return { worker, url };
  };
  const { url: endpoint } = await add(naive, "peers/naive", { restUrl: await restApi.call("start") });
  await add(hive, "peers/hive", { endpoint });
  await add(yoga, "peers/yoga");
  await add(mercurius, "peers/mercurius");
  const { worker, url } = await add(bare, "peers/bare-http");
  servers[servers.length - 1] = { name: bare, pid: worker.pid, headers: {}, urlOf: (query) => `${url}/${query}` };
  return {
    gateway,
    restApi,
    servers,
    keepAnswer: (name, text) => worker.call("keepAnswer", { name, text }),
    stop: async () => {
      for (const each of workers.reverse()) await each.stop();
      await gateway.stop();
    },
  };
}

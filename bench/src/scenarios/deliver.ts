// Events sent and waited for: all have to come, and none twice. Who does not keep up is out of the comparison.

import type { LoadMaker } from "../load/http-load.js";
import { nowMs } from "../machine/clock.js";
import { median } from "../report/statistics.js";
import type { FanoutServer } from "./fanout-servers.js";

/** It was too slow to be waited for. */
export class NotKeptUp extends Error {}

export interface Delivery {
  requests: ReturnType<FanoutServer["takeToAll"]>;
  /** Over all subscribers. */
  expected: number;
  perSecond: number;
  patienceMs: number;
}

export async function deliver(
  loads: LoadMaker,
  server: FanoutServer,
  { requests, expected, perSecond, patienceMs }: Delivery,
): Promise<{ sentAt: number[]; lastAt: number }> {
  await server.subscribers.expect(expected);
  const startedAt = nowMs();
  const { sentAt, isAnswered } = await loads.pace({
    url: server.url,
    requests,
    perSecond,
    patienceMs,
    expects: "true",
  });
  const deadline = startedAt + (requests.length / perSecond) * 1000 + patienceMs;
  const left = () => Math.max(deadline - nowMs(), 0);
  const isDone = isAnswered && (await server.isDone(left()));
  const { events, repeats, lastAt } = await server.subscribers.collected(left());
  if (repeats > 0) throw new Error(`${server.name} has sent ${repeats} events twice.`);
  if (!isDone || events < expected) {
    throw new NotKeptUp(`${events} of ${expected} in ${Math.round((nowMs() - startedAt) / 1000)} s`);
  }
  return { sentAt, lastAt };
}

/** Medians over the rounds; for who did not keep up, words instead. */
export type Outcome = Map<string, number | string>;

/** Each server has its turn in each round. Who does not keep up is stopped, so that its backlog is not in the others' way. */
export async function inTurn(
  rounds: number,
  servers: readonly FanoutServer[],
  measure: (server: FanoutServer) => Promise<number>,
): Promise<Outcome> {
  const results = new Map<string, number[]>(servers.map(({ name }) => [name, []]));
  const fallen = new Map<string, string>();
  for (let round = 0; round < rounds; round += 1) {
    for (const server of servers) {
      if (fallen.has(server.name)) continue;
      try {
        results.get(server.name)?.push(await measure(server));
      } catch (error) {
        if (!(error instanceof NotKeptUp)) throw error;
        fallen.set(server.name, error.message);
        await server.stop();
      }
    }
  }
  return new Map([...results].map(([name, values]) => [name, fallen.get(name) ?? median(values)]));
}

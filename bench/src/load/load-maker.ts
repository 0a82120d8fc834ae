// Keeps connections busy and notes how long each answer took. An answer that is not the expected one ends the run: what
// is measured must be work that was done.

import { setTimeout as sleep } from "node:timers/promises";
import { type Dispatcher, Pool } from "undici";
import { nowMs } from "../machine/clock.js";
import { percentile } from "../report/statistics.js";
import { serveCalls } from "../workers/serve-calls.js";
import {
  type LoadPlan,
  type LoadRequest,
  type LoadResult,
  type Paced,
  type PacedPlan,
  usualConnections,
} from "./http-load.js";

const shownLength = 300;

type Send = (request: LoadRequest) => Promise<void>;

function openPool({ url, headers, expects, connections = usualConnections }: Omit<LoadPlan, "amount">) {
  const { origin, pathname } = new URL(url);
  const pool = new Pool(origin, { connections, pipelining: 1, headersTimeout: 0, bodyTimeout: 0 });
  const common = { "content-type": "application/json", ...headers };
  const send: Send = ({ body, headers: own, path = pathname, method = "POST" }) =>
    new Promise((resolve, reject) => {
      const chunks: Buffer[] = [];
      let status = 0;
      const handler: Dispatcher.DispatchHandler = {
        onRequestStart: () => {},
        onResponseStart: (_controller, statusCode) => {
          status = statusCode;
        },
        onResponseData: (_controller, chunk) => {
          chunks.push(chunk);
        },
        onResponseEnd: () => {
          const answer = chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks);
          if (status === 200 && answer.includes(expects)) return resolve();
          reject(new Error(`Not the expected answer: ${status} ${answer.toString().slice(0, shownLength)}`));
        },
        onResponseError: (_controller, error) => reject(error),
      };
      pool.dispatch({ path, method, headers: { ...common, ...own }, body }, handler);
    });
  return { send, close: () => pool.close(), destroy: () => pool.destroy(), connections };
}

async function run(plan: LoadPlan): Promise<LoadResult> {
  const { requests, amount } = plan;
  const { send, close, connections } = openPool(plan);
  const latencies = new Float64Array(amount);
  let next = 0;
  const keepBusy = async () => {
    while (next < amount) {
      const number = next;
      next += 1;
      const sentAt = nowMs();
      await send(requests[number % requests.length] as LoadRequest);
      latencies[number] = nowMs() - sentAt;
    }
  };
  const startedAt = nowMs();
  await Promise.all(Array.from({ length: Math.min(connections, amount) }, keepBusy));
  const seconds = (nowMs() - startedAt) / 1000;
  await close();
  const sorted = latencies.sort();
  return {
    requests: amount,
    seconds,
    perSecond: amount / seconds,
    p50Ms: percentile(sorted, 50),
    p99Ms: percentile(sorted, 99),
  };
}

async function pace(plan: PacedPlan): Promise<Paced> {
  const { send, destroy } = openPool(plan);
  const startedAt = nowMs();
  const sentAt: number[] = [];
  const answers: Promise<boolean>[] = [];
  for (const [number, request] of plan.requests.entries()) {
    const waitMs = startedAt + (number * 1000) / plan.perSecond - nowMs();
    if (waitMs > 0) await sleep(waitMs);
    sentAt.push(nowMs());
    answers.push(
      send(request).then(
        () => true,
        () => false,
      ),
    );
  }
  const tooLate = sleep(plan.patienceMs, false, { ref: false });
  const isAnswered = await Promise.race([Promise.all(answers).then((all) => all.every(Boolean)), tooLate]);
  await destroy();
  return { sentAt, isAnswered };
}

serveCalls({ run, pace });

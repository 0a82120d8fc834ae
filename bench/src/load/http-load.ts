// What a load maker is asked to do. It runs in a process of its own, so that its work is never counted as a server's.

import { startWorker } from "../workers/worker.js";

export interface LoadRequest {
  body: string | Uint8Array;
  headers?: Record<string, string>;
  path?: string;
  method?: "POST" | "PUT";
}

export interface LoadPlan {
  /** Origin and path. */
  url: string;
  headers?: Record<string, string>;
  /** Sent in turn, again from the first after the last. */
  requests: LoadRequest[];
  amount: number;
  connections?: number;
  /** Every answer has to hold it; with a status of 200. */
  expects: string;
}

export interface LoadResult {
  requests: number;
  seconds: number;
  perSecond: number;
  p50Ms: number;
  p99Ms: number;
}

/** Each request at its time, however late the answers are. */
export interface PacedPlan extends Omit<LoadPlan, "amount"> {
  perSecond: number;
  /** How long answers are waited for after the last request was sent. */
  patienceMs: number;
}

export interface Paced {
  /** By the machine's clock. */
  sentAt: number[];
  /** Whether every answer came in time, and was the expected one. */
  isAnswered: boolean;
}

export interface LoadMaker {
  run(plan: LoadPlan): Promise<LoadResult>;
  pace(plan: PacedPlan): Promise<Paced>;
  stop(): Promise<void>;
}

export const usualConnections = 64;

export async function startLoadMaker(): Promise<LoadMaker> {
  const worker = await startWorker("load/load-maker");
  return {
    run: (plan) => worker.call("run", plan),
    pace: (plan) => worker.call("pace", plan),
    stop: () => worker.stop(),
  };
}

// A process of the bench's own, called by messages: a peer, the provider, a load maker.

import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { keepTrackOf, stopChild } from "../machine/children.js";

export interface Worker {
  readonly pid: number;
  call<T>(name: string, args?: unknown): Promise<T>;
  stop(): Promise<void>;
}

export type WorkerAnswer = { id: number; result: unknown } | { id: number; failure: string };

const keptComplaints = 4_000;

/** `script` is a module of the bench, e.g. `peers/mercurius`, that ends in `serveCalls`. */
export async function startWorker(script: string): Promise<Worker> {
  const file = fileURLToPath(new URL(`../${script}.js`, import.meta.url));
  const child = fork(file, [], {
    // Peers are measured as they are run: several do more work outside of production.
    env: { NODE_ENV: "production" },
    serialization: "advanced",
    stdio: ["ignore", "ignore", "pipe", "ipc"],
  });
  keepTrackOf(child);
  // Peers warn of themselves; it is of interest only where one of them dies.
  let complaints = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    complaints = (complaints + text).slice(-keptComplaints);
  });
  const waiting = new Map<number, { resolve: (value: unknown) => void; reject: (reason: Error) => void }>();
  let lastId = 0;
  child.on("message", (answer: WorkerAnswer) => {
    const call = waiting.get(answer.id);
    waiting.delete(answer.id);
    if ("failure" in answer) call?.reject(new Error(`${script}: ${answer.failure}`));
    else call?.resolve(answer.result);
  });
  child.once("exit", (code, signal) => {
    for (const call of waiting.values())
      call.reject(new Error(`${script} ended with ${code ?? signal}: ${complaints}`));
    waiting.clear();
  });
  const worker: Worker = {
    pid: child.pid as number,
    call: <T>(name: string, args?: unknown) =>
      new Promise<T>((resolve, reject) => {
        lastId += 1;
        waiting.set(lastId, { resolve: resolve as (value: unknown) => void, reject });
        child.send({ id: lastId, name, args });
      }),
    stop: () => stopChild(child),
  };
  return worker;
}

// One kind of account in a thread of its own.

import { parentPort, workerData } from "node:worker_threads";
import { accounts } from "./accounts.js";
import { explore, type Limits } from "./explore.js";
import { product } from "./machine.js";
import { mistakes } from "./mistakes.js";
import { starts } from "./starts.js";

export interface Task {
  account: string;
  /** The product's own rules where null. */
  mistake: string | null;
  limits: Omit<Limits, "endAt"> & { withinMs: number };
}

const { account, mistake, limits } = workerData as Task;
const known = accounts.find(({ name }) => name === account);
if (!known) throw new Error(`There is no account ${account}.`);
const machine = mistakes.find(({ name }) => name === mistake)?.machine ?? product;
const endAt = performance.now() + limits.withinMs;
// From the first state alone, the first history that is found is the shortest.
const roots = mistake === null ? starts : [[]];
parentPort?.postMessage(explore(machine, known, { ...limits, endAt }, roots));

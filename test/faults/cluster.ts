// The nodes of one schedule. A node that died, by order or by itself, is started again.

import { setTimeout as sleep } from "node:timers/promises";
import type { ClockStep, Pause } from "./disturbances.js";
import type { StartOrder } from "./gateway-child.js";
import type { History } from "./history.js";
import { NodeDied, type NodePool, type NodeProcess, OrderFailed } from "./node-pool.js";
import type { Ending } from "./plan.js";

export interface ClusterOptions {
  nodes: number;
  pool: NodePool;
  environment: Record<string, string>;
  patience: StartOrder["patience"];
  clockShiftsMs: readonly number[];
  /** Where the database may be away, a node that cannot start is started again. */
  mayFailToStart: boolean;
  logFile: (node: number) => string;
  history: History;
}

interface Place {
  process: NodeProcess | null;
  url: string | null;
  /** The start that is under way, or the last one. */
  starting: Promise<void>;
  clockShiftMs: number;
}

const startAgainMs = 300;

export class Cluster {
  readonly #options: ClusterOptions;
  readonly #places: Place[];
  #isClosed = false;
  failure: Error | null = null;

  constructor(options: ClusterOptions) {
    this.#options = options;
    this.#places = Array.from({ length: options.nodes }, (_, node) => ({
      process: null,
      url: null,
      starting: Promise.resolve(),
      clockShiftMs: options.clockShiftsMs[node] ?? 0,
    }));
  }

  async start(crashAt: string | null): Promise<void> {
    this.#places.forEach((_, node) => {
      this.#begin(node, node === 0 ? crashAt : null, 0);
    });
    await this.settled();
  }

  /** Those that serve at the moment. */
  live(): { node: number; url: string }[] {
    return this.#places.flatMap(({ url }, node) => (url === null ? [] : [{ node, url }]));
  }

  /** Waits until every node that is being started serves. */
  async settled(): Promise<void> {
    await Promise.all(this.#places.map(({ starting }) => starting));
    if (this.failure) throw this.failure;
  }

  processes(): NodeProcess[] {
    return this.#places.flatMap(({ process }) => (process ? [process] : []));
  }

  async pause({ node, forMs }: Pause): Promise<void> {
    const { process } = this.#places[node] as Place;
    if (!process) return;
    this.#options.history.count("pause");
    process.pause();
    await sleep(forMs);
    process.goOn();
  }

  setClock({ node, shiftMs }: Omit<ClockStep, "atMs">): void {
    const place = this.#places[node] as Place;
    place.clockShiftMs = shiftMs;
    place.process?.setClock(shiftMs);
  }

  async end({ node, how, awayMs, crashAt }: Ending): Promise<void> {
    const place = this.#places[node] as Place;
    const { process } = place;
    // It is down already.
    if (!process || place.url === null) return;
    this.#options.history.count(how);
    if (how === "kill") {
      place.url = null;
      place.process = null;
      process.kill();
    } else {
      place.process = null;
      await process.give({ order: "stop" }).catch(ignoreDeath);
      place.url = null;
      this.#options.pool.giveBack(process);
    }
    this.#begin(node, crashAt, awayMs);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all(this.#places.map(({ starting }) => starting));
    for (const { process } of this.#places) {
      if (!process) continue;
      try {
        await process.give({ order: "stop" });
        this.#options.pool.giveBack(process);
      } catch (error) {
        process.kill();
        ignoreDeath(error);
      }
    }
  }

  #begin(node: number, crashAt: string | null, afterMs: number): void {
    const place = this.#places[node] as Place;
    place.starting = sleep(afterMs)
      .then(() => this.#bringUp(place, node, crashAt))
      .catch((error: Error) => {
        this.failure ??= error;
      });
  }

  async #bringUp(place: Place, node: number, crashAt: string | null): Promise<void> {
    if (this.#isClosed) return;
    const { pool, environment, patience, logFile, history } = this.#options;
    const process = pool.take();
    place.process = process;
    history.starts.push(Date.now());
    try {
      const report = await process.give({
        order: "start",
        environment: { ...environment, ...(crashAt ? { TEST_CRASH_AT: crashAt } : {}) },
        patience,
        logFile: logFile(node),
        clockShiftMs: place.clockShiftMs,
      });
      // It may have been ended meanwhile, at a crash point of its first round of work.
      if (place.process !== process) return;
      if (report.report === "started" && process.isAlive) place.url = report.url;
      void process.exited.then(() => this.#afterDeath(place, node, process));
    } catch (error) {
      const isUnable = error instanceof OrderFailed && this.#options.mayFailToStart;
      if (!isUnable && !(error instanceof NodeDied)) throw error;
      await this.#afterDeath(place, node, process, isUnable ? startAgainMs : 50);
    }
  }

  /** Nobody ordered this: the node has come to its crash point, or has ended itself since it could not go on. */
  async #afterDeath(place: Place, node: number, process: NodeProcess, afterMs = 50): Promise<void> {
    if (place.process !== process || this.#isClosed) return;
    place.process = null;
    place.url = null;
    this.#options.history.count("node ended by itself");
    this.#begin(node, null, afterMs);
    await place.starting;
  }
}

function ignoreDeath(error: unknown): void {
  if (!(error instanceof NodeDied)) throw error;
}

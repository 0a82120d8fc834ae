// The nodes of one schedule. A node that died, by order or by itself, is started again.

import { setTimeout as sleep } from "node:timers/promises";
import type { History } from "./history.js";
import { NodeDied, type NodePool, type NodeProcess } from "./node-pool.js";
import type { Ending } from "./plan.js";

export interface ClusterOptions {
  nodes: number;
  pool: NodePool;
  environment: Record<string, string>;
  patience: { absenceGapMs: number; answerWithinMs: number };
  logFile: (node: number) => string;
  history: History;
}

interface Place {
  process: NodeProcess | null;
  url: string | null;
  /** The start that is under way, or the last one. */
  starting: Promise<void>;
}

export class Cluster {
  readonly #options: ClusterOptions;
  readonly #places: Place[];
  #isClosed = false;
  failure: Error | null = null;

  constructor(options: ClusterOptions) {
    this.#options = options;
    this.#places = Array.from({ length: options.nodes }, () => ({
      process: null,
      url: null,
      starting: Promise.resolve(),
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
      });
      // It may have been ended meanwhile, at a crash point of its first round of work.
      if (place.process !== process) return;
      if (report.report === "started" && process.isAlive) place.url = report.url;
      void process.exited.then(() => this.#afterDeath(place, node, process));
    } catch (error) {
      if (!(error instanceof NodeDied)) throw error;
      await this.#afterDeath(place, node, process);
    }
  }

  /** Nobody ordered this: the node has come to its crash point. */
  async #afterDeath(place: Place, node: number, process: NodeProcess): Promise<void> {
    if (place.process !== process || this.#isClosed) return;
    place.process = null;
    place.url = null;
    this.#options.history.count("crash point");
    this.#begin(node, null, 50);
    await place.starting;
  }
}

function ignoreDeath(error: unknown): void {
  if (!(error instanceof NodeDied)) throw error;
}

// Speaks to the shared log. An answer that takes too long is a failure like any other: the caller has a deadline, and
// what the late answer counts is counted under the same name by whoever goes on without it.

import { randomUUID } from "node:crypto";
import type { Redis } from "ioredis";
import type { Grant } from "./grant-log.js";
import type { ToldGrant } from "./own-grants.js";
import { scripts } from "./redis-scripts.js";

export const patienceMs = 1_000;

export interface Report {
  /** How many of the first waiters may go. */
  granted: number;
  nodes: number;
  /** The log is another one than last time: Redis lost its data. */
  isOtherLog: boolean;
  pausedUntilMs: number;
  /** All there are, or what is new since the last report. By this process's monotonic clock. */
  grants: Grant[];
  isWhole: boolean;
}

type Reply = [now: number, granted: number, pausedForMs: number, string, string, isWhole: number, number, string[]];

export class RedisLog {
  readonly #redis: Redis;
  readonly #keys: [string, string, string];
  readonly #longestMs: number;
  readonly #node: string;
  readonly #nodeLifeMs: number;
  readonly #lostAfterMs: number;
  #epoch = "";
  #revision = "";
  #seenUntil = 0;

  constructor(options: {
    redis: Redis;
    keyPrefix: string;
    longestMs: number;
    node: string;
    nodeLifeMs: number;
    lostAfterMs: number;
  }) {
    this.#redis = options.redis;
    // The braces keep the three together where Redis is a cluster.
    const prefix = `{${options.keyPrefix}}:provider-budget`;
    this.#keys = [`${prefix}:log`, `${prefix}:state`, `${prefix}:nodes`];
    this.#longestMs = options.longestMs;
    this.#node = options.node;
    this.#nodeLifeMs = options.nodeLifeMs;
    this.#lostAfterMs = options.lostAfterMs;
  }

  take(waiters: { name: string; caps: number[] }[], holdsMs: number[]): Promise<Report> {
    return this.#run(scripts.take, { waiters, holdsMs });
  }

  beat(): Promise<Report> {
    return this.#run(scripts.beat, { node: this.#node });
  }

  tell(grants: readonly ToldGrant[], pauseMs: number): Promise<Report> {
    return this.#run(scripts.tell, { grants, pauseMs });
  }

  raise(targetUse: number, holdMs: number, ageMs: number): Promise<Report> {
    return this.#run(scripts.raise, { targetUse, holdMs, ageMs, name: `others:${randomUUID()}:` });
  }

  end(name: string): Promise<Report> {
    return this.#run(scripts.end, { name });
  }

  async leave(): Promise<void> {
    await this.#inTime(this.#redis.zrem(this.#keys[2], this.#node));
  }

  /** The next report brings the whole log. */
  forget(): void {
    this.#revision = "";
  }

  async #run(script: string, ask: object): Promise<Report> {
    // Without a connection the client would keep the command and send it some day.
    if (this.#redis.status !== "ready") throw new Error("Redis is not connected.");
    const request = JSON.stringify({
      ...ask,
      longestMs: this.#longestMs,
      nodeLifeMs: this.#nodeLifeMs,
      lostAfterMs: this.#lostAfterMs,
      epoch: this.#epoch,
      revision: this.#revision,
      seenUntil: this.#seenUntil,
      newEpoch: randomUUID(),
    });
    return this.#toReport((await this.#inTime(this.#redis.eval(script, 3, ...this.#keys, request))) as Reply);
  }

  #toReport([now, granted, pausedForMs, epoch, revision, isWhole, nodes, pairs]: Reply): Report {
    const nowMs = performance.now();
    const isOtherLog = this.#epoch !== "" && this.#epoch !== epoch;
    this.#epoch = epoch;
    this.#revision = revision;
    this.#seenUntil = now;
    // Redis's moment lies before this one, so every grant is taken for a little younger than it is: the safe side.
    const grants = Array.from({ length: pairs.length / 2 }, (_, index) => ({
      name: pairs[index * 2] as string,
      atMs: nowMs - (now - Number(pairs[index * 2 + 1])),
      weight: 1,
    }));
    return { granted, nodes, isOtherLog, pausedUntilMs: nowMs + pausedForMs, grants, isWhole: isWhole === 1 };
  }

  async #inTime<T>(command: Promise<T>): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const tooLate = new Promise<never>((_, reject) => {
      // When this process itself was held up, the answer may be here already and only has to be read.
      timer = setTimeout(() => setImmediate(() => reject(new Error("Redis is too slow."))), patienceMs);
    });
    return Promise.race([command, tooLate]).finally(() => clearTimeout(timer));
  }
}

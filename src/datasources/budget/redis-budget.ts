// The budget of all nodes together. Redis decides who may go; this node keeps a copy of the shared log, to tell callers
// early that their turn does not come. Without Redis it goes on alone: every call of its own then counts as many times
// as there are nodes, since each of them may do the same, and is written to the shared log when Redis is back.
//
// It begins so only when those that may still have Redis leave it its part, and when what they sent before they knew has
// left the shortest window: slower, but never too much.

import { randomUUID } from "node:crypto";
import type { Redis } from "ioredis";
import type { Logger } from "pino";
import type { CallClass } from "./call-class.js";
import { ageOfOthersMs, type Grant, GrantLog } from "./grant-log.js";
import { type LoneNodes, SharedPart } from "./lone-nodes.js";
import { grantNow, snapshotOf } from "./memory-budget.js";
import { OwnGrants } from "./own-grants.js";
import {
  type AdmittedCall,
  type BudgetAnswer,
  type BudgetSnapshot,
  type ProviderBudget,
  pauseMsAfter,
} from "./provider-budget.js";
import { type RateWindow, toHeldWindows } from "./rate-windows.js";
import { RedisLog, type Report } from "./redis-log.js";
import { type Waiter, WaitingLine } from "./waiting-line.js";

export interface RedisBudgetOptions {
  /** Stays the caller's: it is not closed here. */
  redis: Redis;
  windows: readonly RateWindow[];
  keyPrefix: string;
  /** The longest that a call takes. A node that died leaves no word of what it had under way: that counts so long. */
  longestCallMs: number;
  /** Where nodes without Redis are known. */
  loneNodes: LoneNodes;
  /** For people to read in Redis; every process is a node of its own, also under a name that was used before. */
  nodeId: string;
  logger?: Logger;
  heartbeatMs?: number;
}

const defaultHeartbeatMs = 1_000;
// A process that has just started is slow to connect.
const joinPatienceMs = 2_000;
const nodeLifeInBeats = 5;
// Redis is back for each node at its own moment. Who finds it first goes on alone until all have told what they did.
const returnInBeats = 2;
const nodesWhenUnknown = 2;

export class RedisBudget implements ProviderBudget {
  readonly #redis: Redis;
  readonly #log: GrantLog;
  readonly #shared: RedisLog;
  readonly #node: string;
  readonly #loneNodes: LoneNodes;
  readonly #part: SharedPart;
  readonly #line: WaitingLine;
  readonly #own: OwnGrants;
  readonly #logger: Logger | undefined;
  readonly #heartbeatMs: number;
  readonly #longestCallMs: number;
  readonly #heartbeat: NodeJS.Timeout;
  readonly #joined: Promise<void>;
  readonly #joiningTimer: NodeJS.Timeout;
  #endJoining = () => {};
  #mode: "joining" | "shared" | "alone" = "joining";
  #nodes: number | null = null;
  #isBeating = false;
  #returnsSinceMs: number | null = null;
  /** What the others may have sent unheard, while it still has to be reckoned with. */
  #unheard: Grant | null = null;
  #isDeclared = false;
  #isRegistering = false;

  constructor(options: RedisBudgetOptions) {
    const { redis, windows, keyPrefix, nodeId, logger, heartbeatMs = defaultHeartbeatMs, longestCallMs } = options;
    this.#redis = redis;
    this.#loneNodes = options.loneNodes;
    this.#logger = logger;
    this.#heartbeatMs = heartbeatMs;
    this.#longestCallMs = longestCallMs;
    this.#log = new GrantLog(toHeldWindows(windows));
    const longestMs = this.#log.longest.holdMs;
    const node = `${nodeId}.${randomUUID().slice(0, 8)}`;
    this.#node = node;
    this.#part = new SharedPart(options.loneNodes, node, heartbeatMs);
    this.#own = new OwnGrants(longestMs, longestCallMs);
    this.#shared = new RedisLog({
      redis,
      keyPrefix,
      longestMs,
      node,
      nodeLifeMs: heartbeatMs * nodeLifeInBeats,
      lostAfterMs: longestCallMs,
    });
    this.#line = new WaitingLine(
      {
        serve: (waiters) => this.#serve(waiters),
        forecast: (waiters, nowMs) => {
          this.#takePart();
          return this.#log.forecast(waiters, nowMs, this.#weight);
        },
        longestMs,
      },
      `${node}:`,
    );
    this.#joined = new Promise((resolve) => {
      this.#endJoining = resolve;
    });
    this.#joiningTimer = setTimeout(() => {
      if (this.#mode === "joining") this.#loseRedis();
    }, joinPatienceMs);
    redis.on("error", this.#onError).on("close", this.#loseRedis).on("ready", this.#beat);
    if (redis.status === "wait") redis.connect().catch(this.#onError);
    this.#heartbeat = setInterval(() => {
      void this.#beat();
      void this.#register();
    }, heartbeatMs).unref();
    void this.#beat();
    void this.#register();
  }

  async acquire(callClass: CallClass, withinMs: number): Promise<AdmittedCall> {
    const name = await this.#line.enter(callClass, withinMs);
    return { end: () => this.#end(name) };
  }

  noteAnswer(answer: BudgetAnswer): void {
    const nowMs = performance.now();
    const { shortest } = this.#log;
    if (answer.status === 429) {
      const pauseMs = pauseMsAfter(answer, shortest.lengthMs);
      this.#log.pauseUntil(nowMs + pauseMs);
      this.#inBackground(() => this.#shared.tell([], pauseMs));
    } else {
      const missing = this.#log.usedByOthers(answer, nowMs);
      if (missing === 0 || answer.remaining === undefined) return;
      const ageMs = ageOfOthersMs(answer, shortest);
      const targetUse = this.#log.targetUse(answer.remaining);
      if (this.#mode === "shared") this.#inBackground(() => this.#shared.raise(targetUse, shortest.holdMs, ageMs));
      else this.#log.put({ name: `others:${randomUUID()}`, atMs: nowMs - ageMs, weight: missing });
    }
    void this.#line.serve();
  }

  async snapshot(): Promise<BudgetSnapshot> {
    await this.#beat();
    return {
      ...snapshotOf(this.#log, performance.now()),
      waiting: this.#line.waiting(),
      nodes: this.#nodes ?? this.#weight,
      isShared: this.#mode === "shared",
    };
  }

  async close(): Promise<void> {
    clearInterval(this.#heartbeat);
    clearTimeout(this.#joiningTimer);
    this.#endJoining();
    this.#line.close();
    this.#redis.off("close", this.#loseRedis).off("ready", this.#beat);
    if (this.#redis.status === "ready") await this.#shared.leave().catch(() => {});
  }

  get #weight(): number {
    return this.#mode === "alone" ? (this.#nodes ?? nodesWhenUnknown) : 1;
  }

  async #serve(waiters: readonly Waiter[]): Promise<number> {
    if (this.#mode === "joining") await this.#joined;
    this.#takePart();
    if (this.#mode === "shared") {
      try {
        const asks = waiters.map(({ name, callClass }) => ({ name, caps: this.#log.caps(callClass) }));
        const holdsMs = this.#log.windows.map(({ holdMs }) => holdMs);
        const report = await this.#shared.take(asks, holdsMs);
        this.#follow(report);
        for (const { name } of waiters.slice(0, report.granted)) this.#count(name);
        return report.granted;
      } catch (error) {
        this.#loseRedis(error);
      }
    }
    const granted = grantNow(this.#log, waiters, this.#weight, this.#longestCallMs);
    for (const { name } of granted) this.#own.add(name, false);
    return granted.length;
  }

  /** Redis may have gone while it granted: then the call counts here, and is told again. */
  #count(name: string): void {
    const isTold = this.#mode === "shared";
    this.#own.add(name, isTold);
    if (!isTold) this.#log.put({ name, atMs: performance.now() + this.#longestCallMs, weight: this.#weight });
  }

  #end(name: string): void {
    const isTold = this.#mode === "shared";
    this.#own.end(name, isTold);
    this.#log.end(name, performance.now());
    if (isTold) this.#inBackground(() => this.#shared.end(name));
    else void this.#line.serve();
  }

  #follow(report: Report): void {
    this.#log.pauseUntil(report.pausedUntilMs);
    if (report.isOtherLog) this.#loseRedis(new Error("Redis lost its data."));
    // Alone, the copy holds our own calls by their weight and must keep it.
    if (this.#mode !== "shared") return;
    this.#nodes = Math.max(1, report.nodes);
    if (report.isWhole) this.#log.replaceAll(report.grants);
    else for (const grant of report.grants) this.#log.put(grant);
  }

  #inBackground(command: () => Promise<Report>): void {
    if (this.#mode !== "shared") return;
    command().then(
      (report) => {
        this.#follow(report);
        void this.#line.serve();
      },
      (error) => this.#loseRedis(error),
    );
  }

  // An emitter without a listener for errors would throw them. What follows from one, the other events tell.
  readonly #onError = (): void => {};

  readonly #loseRedis = (cause?: unknown): void => {
    if (this.#mode === "alone") return;
    this.#mode = "alone";
    this.#returnsSinceMs = null;
    // Redis may come back empty: everything that still counts is told again.
    this.#own.tellAll();
    this.#logger?.warn(
      { nodes: this.#weight, reason: cause instanceof Error ? cause.message : "no connection" },
      "Redis cannot be used: the provider's budget is divided by the nodes.",
    );
    if (this.#weight > 1) {
      const { limit } = this.#log.shortest;
      this.#unheard = { name: `unheard:${randomUUID()}`, atMs: Number.POSITIVE_INFINITY, weight: limit };
      this.#log.put(this.#unheard);
    }
    void this.#register();
    this.#endJoining();
    void this.#line.serve();
  };

  #takePart(): void {
    this.#log.share = this.#mode === "shared" ? this.#part.of(this.#nodes ?? nodesWhenUnknown) : 1;
  }

  /** Where this cannot be done nobody trusts what was known before: that is slower, and safe. */
  async #register(): Promise<void> {
    if (this.#isRegistering) return;
    this.#isRegistering = true;
    try {
      if (this.#mode === "alone") await this.#declare();
      else await this.#part.look();
      if (this.#mode === "shared" && this.#isDeclared) {
        await this.#loneNodes.withdraw(this.#node);
        this.#isDeclared = false;
      }
    } catch (error) {
      this.#logger?.debug({ err: error }, "the nodes without Redis are not known");
    } finally {
      this.#isRegistering = false;
    }
    void this.#line.serve();
  }

  async #declare(): Promise<void> {
    const keptMs = this.#log.longest.holdMs + this.#heartbeatMs * nodeLifeInBeats;
    this.#isDeclared = true;
    await this.#loneNodes.declare(this.#node, this.#weight, keptMs);
    if (!this.#unheard || this.#mode !== "alone") return;
    this.#log.put({ ...this.#unheard, atMs: performance.now() + this.#part.knownAfterMs });
    this.#unheard = null;
  }

  readonly #beat = async (): Promise<void> => {
    if (this.#isBeating || this.#redis.status !== "ready") return;
    this.#isBeating = true;
    try {
      const report = await this.#shared.beat();
      this.#follow(report);
      if (this.#mode !== "shared") await this.#return();
    } catch (error) {
      this.#returnsSinceMs = null;
      this.#loseRedis(error);
    } finally {
      this.#isBeating = false;
    }
  };

  async #return(): Promise<void> {
    const nowMs = performance.now();
    this.#returnsSinceMs ??= nowMs;
    const mustWait = this.#mode === "alone" && this.#weight > 1;
    const isLast = !mustWait || nowMs - this.#returnsSinceMs >= this.#heartbeatMs * returnInBeats;
    let report: Report;
    do {
      const untold = this.#own.takeUntold();
      this.#shared.forget();
      try {
        report = await this.#shared.tell(untold, this.#log.pausedForMs(performance.now()));
      } catch (error) {
        this.#own.tellAll();
        throw error;
      }
    } while (isLast && this.#own.hasUntold);
    if (!isLast) return;
    if (this.#mode === "alone") this.#logger?.info("Redis is back: the provider's budget is shared again.");
    this.#mode = "shared";
    this.#follow(report);
    this.#endJoining();
    void this.#line.serve();
  }
}

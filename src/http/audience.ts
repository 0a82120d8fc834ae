// Subscribers who asked for the same and may see the same: one execution and one text for all of them. None of them is
// named to it, so that nothing of one person's could reach another.

import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { Principal } from "../access/principal.js";
import { visibilityOf } from "../access/principal.js";
import type { LiveReader } from "../mirror/live-log.js";
import { LogFollower, type LogTaker } from "../mirror/log-follower.js";
import { topicOf } from "../mirror/log-topics.js";
import type { StatusFeed } from "../mirror/status-feed.js";
import { isDatabaseUnavailable } from "../store/database-unavailable.js";
import type { StatusLogRow } from "../store/status-log.queries.js";
import type { Metrics } from "../telemetry/metrics.js";
import type { CreateContext } from "./create-context.js";
import type { EventExecutor, EventPlan } from "./event-execution.js";
import { SubscriptionEvent } from "./subscription-event.js";

export interface AudienceParts {
  executor: EventExecutor;
  createContext: CreateContext;
  metrics: Metrics;
  /** By the clock that recorded the entries. */
  now: () => number;
}

const databaseAwayMs = 20_000;
const betweenTriesMs = 250;

/** What was asked for. */
export interface Asked {
  feed: StatusFeed;
  plan: EventPlan;
  variables: Readonly<Record<string, unknown>>;
}

/** One who is told of each event at once. */
export interface Listener {
  /** Events up to it were sent, or are not for this one. */
  readonly position: number;
  /** Answers whether it was sent. */
  hear(event: SubscriptionEvent): boolean;
  fail(error: Error): void;
}

export class Audiences {
  readonly #parts: AudienceParts;
  readonly #open = new WeakMap<LiveReader, Map<string, Audience>>();

  constructor(parts: AudienceParts) {
    this.#parts = parts;
  }

  /** Enters the audience that the principal belongs to, until it is left. */
  enter(reader: LiveReader, asked: Asked, principal: Principal): Audience {
    const audiences = this.#open.get(reader) ?? new Map<string, Audience>();
    this.#open.set(reader, audiences);
    const key = keyOf(asked, principal);
    const audience =
      audiences.get(key) ?? new Audience(this.#parts, reader, asked, principal, () => audiences.delete(key));
    audiences.set(key, audience);
    audience.enter();
    return audience;
  }
}

export class Audience {
  readonly #parts: AudienceParts;
  readonly #reader: LiveReader;
  readonly #asked: Asked;
  readonly #principal: Principal;
  readonly #onEmpty: () => void;
  readonly #listeners = new Set<Listener>();
  #members = 0;
  #follower: LogFollower | null = null;

  constructor(parts: AudienceParts, reader: LiveReader, asked: Asked, principal: Principal, onEmpty: () => void) {
    this.#parts = parts;
    this.#reader = reader;
    this.#asked = asked;
    this.#principal = { ...principal, id: "subscribers", expiresAt: null, keyId: null };
    this.#onEmpty = onEmpty;
  }

  /** Listeners who have had all up to it miss nothing when they join. */
  get covered(): number {
    return this.#follower?.covered ?? this.#reader.position;
  }

  enter(): void {
    this.#members += 1;
  }

  leave(listener: Listener): void {
    this.readAlone(listener);
    this.#members -= 1;
    if (this.#members === 0) this.#onEmpty();
  }

  join(listener: Listener): void {
    this.#listeners.add(listener);
    this.#follower ??= this.follow(this.#reader.position, {
      take: (entry) => this.#tell(entry),
      failed: (error) => this.#fail(error),
    });
  }

  /** Whether it is told of what comes, and so has had all up to `covered`. */
  hasTold(listener: Listener): boolean {
    return this.#listeners.has(listener);
  }

  /** Is told no more of what comes, and stays a member. */
  readAlone(listener: Listener): void {
    if (!this.#listeners.delete(listener) || this.#listeners.size > 0) return;
    this.#follower?.stop();
    this.#follower = null;
  }

  /** For one of it who is behind the others. */
  follow(after: number, taker: LogTaker): LogFollower {
    const { filter } = this.#asked.feed;
    return new LogFollower(this.#reader, { after, filter, visibility: visibilityOf(this.#principal) }, taker);
  }

  /** While the database is away, the event waits. Where that takes too long, the subscription ends, to be resumed. */
  async eventOf(entry: StatusLogRow): Promise<SubscriptionEvent> {
    const giveUpAt = performance.now() + databaseAwayMs;
    for (;;) {
      try {
        return await this.#execute(entry);
      } catch (error) {
        if (!isDatabaseUnavailable(error) || performance.now() > giveUpAt || this.#reader.isStopped) throw error;
        await sleep(betweenTriesMs);
      }
    }
  }

  async #execute(entry: StatusLogRow): Promise<SubscriptionEvent> {
    const { executor, createContext, metrics } = this.#parts;
    const { feed, plan, variables } = this.#asked;
    const change = feed.toChange(entry);
    // A context for each event: loaders that lived longer would answer with what was true before.
    const context = createContext({ requestId: randomUUID(), principal: this.#principal });
    metrics.eventExecutions.inc();
    return new SubscriptionEvent(entry.position, change.cursor, await executor.run(plan, change, context, variables));
  }

  async #tell(entry: StatusLogRow): Promise<void> {
    const event = await this.eventOf(entry);
    let sent = 0;
    for (const listener of this.#listeners) {
      if (listener.position < event.position && listener.hear(event)) sent += 1;
    }
    if (sent === 0) return;
    const { eventDeliveries, deliveryLag } = this.#parts.metrics;
    eventDeliveries.inc(sent);
    deliveryLag.observe(Math.max(0, this.#parts.now() - entry.recorded_at) / 1000);
  }

  #fail(error: Error): void {
    for (const listener of [...this.#listeners]) listener.fail(error);
  }
}

/** All that an answer can depend on. Who asks is no part of it, only what they may see and do. */
function keyOf({ feed, plan, variables }: Asked, principal: Principal): string {
  const { tenant, isOperator, scopes } = principal;
  const used = plan.variableNames.map((name) => variables[name] ?? null);
  const topic = topicOf(feed.filter, visibilityOf(principal));
  return JSON.stringify([plan.number, topic, used, tenant, isOperator, [...scopes].sort()]);
}

// One subscription, as the protocols' libraries take it: it says only how it ends. Its events go from the audience to the
// socket directly, or, while it is behind the others, one by one as fast as its client reads.

import type { LiveReader } from "../mirror/live-log.js";
import type { LogFollower } from "../mirror/log-follower.js";
import type { StatusLogRow } from "../store/status-log.queries.js";
import type { Metrics } from "../telemetry/metrics.js";
import type { Asked, Audience, Audiences, Listener } from "./audience.js";
import type { Lifetime } from "./session.js";
import type { EventSink, SubscriptionEvent } from "./subscription-event.js";

export interface SubscriptionParts {
  reader: LiveReader;
  audiences: Audiences;
  asked: Asked;
  lifetime: Lifetime;
  sink: EventSink;
  metrics: Metrics;
  /** What clients are told of an error. */
  toPublic: (error: Error) => Error;
}

type Step = IteratorReturnResult<undefined>;

/** All three methods, because a transport ends only what has them all. */
export class Subscription implements AsyncIterableIterator<never, undefined>, Listener {
  readonly #parts: SubscriptionParts;
  #position: number;
  #audience: Audience | null = null;
  /** While it is behind. */
  #follower: LogFollower | null = null;
  #isClosed = false;
  #end: { resolve: (step: Step) => void; reject: (error: Error) => void } | null = null;

  constructor(parts: SubscriptionParts) {
    this.#parts = parts;
    this.#position = parts.asked.feed.after;
    parts.metrics.subscriptions.inc();
  }

  get position(): number {
    return this.#position;
  }

  next(): Promise<Step> {
    if (this.#isClosed) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve, reject) => {
      this.#end = { resolve, reject };
      this.#parts.sink.whenOpen(() => {
        this.#parts.lifetime.onChange = () => this.#settle();
        this.#settle();
      });
    });
  }

  async return(): Promise<Step> {
    this.#close();
    this.#end?.resolve({ done: true, value: undefined });
    return { done: true, value: undefined };
  }

  async throw(error: unknown): Promise<never> {
    await this.return();
    throw error;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  hear(event: SubscriptionEvent): boolean {
    const isSent = this.#parts.sink.push(event);
    // What came before it was sent or is for others: one that was told of nothing for long must not look far behind.
    this.#position = isSent ? event.position : event.position - 1;
    if (!isSent) this.#readAlone(this.#audience as Audience);
    return isSent;
  }

  fail(error: Error): void {
    if (this.#isClosed) return;
    this.#close();
    this.#end?.reject(this.#parts.toPublic(error));
  }

  /** Finds its place anew: at the beginning, under another credential, and at the end. */
  #settle(): void {
    this.#step();
    const { reader, audiences, asked, lifetime } = this.#parts;
    if (this.#isClosed || lifetime.principal === null) return;
    if (reader.isStopped) {
      this.fail(new Error("The log is no longer read."));
      return;
    }
    const audience = audiences.enter(reader, asked, lifetime.principal);
    this.#audience = audience;
    if (lifetime.isEnding) this.#readOut(audience);
    else if (this.#position >= audience.covered) audience.join(this);
    else this.#readAlone(audience);
  }

  #step(): void {
    this.#follower?.stop();
    this.#follower = null;
    if (this.#audience?.hasTold(this)) this.#position = Math.max(this.#position, this.#audience.covered);
    this.#audience?.leave(this);
    this.#audience = null;
  }

  #readAlone(audience: Audience): void {
    audience.readAlone(this);
    const follower = audience.follow(this.#position, {
      take: (entry) => this.#take(follower, audience, entry),
      level: () => this.#level(follower, audience),
      failed: (error) => this.fail(error),
    });
    this.#follower = follower;
    follower.start();
  }

  /** What is in the log by now, and then no more. */
  #readOut(audience: Audience): void {
    this.#parts.reader.refresh().then(
      () => {
        if (this.#audience === audience) this.#readAlone(audience);
      },
      (error) => this.fail(error),
    );
  }

  async #take(follower: LogFollower, audience: Audience, entry: StatusLogRow): Promise<void> {
    const event = await audience.eventOf(entry);
    // It has another follower, or none, since.
    if (this.#follower !== follower) return;
    const left = this.#parts.sink.send(event);
    this.#position = event.position;
    this.#parts.metrics.eventDeliveries.inc();
    await left;
  }

  #level(follower: LogFollower, audience: Audience): void {
    if (this.#follower !== follower) return;
    this.#position = Math.max(this.#position, follower.covered);
    follower.stop();
    this.#follower = null;
    if (this.#parts.lifetime.isEnding) this.#parts.lifetime.close();
    else audience.join(this);
  }

  #close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#step();
    this.#parts.lifetime.onChange = () => {};
    this.#parts.lifetime.close();
    this.#parts.reader.release();
    this.#parts.metrics.subscriptions.dec();
  }
}

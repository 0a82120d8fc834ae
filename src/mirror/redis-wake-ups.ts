// Wake-ups between nodes. Redis may lose any of them: who waits polls the log slowly besides, so a lost word costs some
// seconds and nothing else. Listeners of this process never wait for Redis.

import { randomUUID } from "node:crypto";
import type { Redis } from "ioredis";
import { InProcessWakeUps, type WakeUps } from "./wake-ups.js";

const longestPauseMs = 2_000;
// A listener sends nothing by itself: only this finds a connection on which nothing comes any more.
const pingEveryMs = 10_000;

export class RedisWakeUps implements WakeUps {
  readonly #local = new InProcessWakeUps();
  readonly #publisher: Redis;
  readonly #subscriber: Redis;
  readonly #channel: string;
  readonly #node = randomUUID();
  readonly #pinging: NodeJS.Timeout;
  #lastPosition = 0;

  /** The connection given stays the caller's; listening needs one of its own. */
  constructor({ redis, channel }: { redis: Redis; channel: string }) {
    this.#publisher = redis.on("error", this.#onError);
    this.#channel = channel;
    this.#subscriber = redis.duplicate({
      // It comes back however long Redis is away, and subscribes again once it is ready.
      maxRetriesPerRequest: null,
      enableOfflineQueue: true,
      autoResubscribe: false,
      lazyConnect: false,
      retryStrategy: (attempt) => Math.min(attempt * 100, longestPauseMs),
    });
    this.#subscriber.on("error", this.#onError);
    this.#subscriber.on("message", (_channel, message) => this.#receive(message));
    // What was announced while nobody listened is gone; the listeners look for themselves.
    this.#subscriber.on("ready", () => {
      this.#subscriber.subscribe(channel).catch(this.#onError);
      this.#local.announce(this.#lastPosition);
    });
    this.#pinging = setInterval(() => {
      if (this.#subscriber.status === "ready") this.#subscriber.ping().catch(this.#onError);
    }, pingEveryMs).unref();
  }

  announce(position: number): void {
    this.#wake(position);
    // Without a connection the client would keep it, to tell it when it is old.
    if (this.#publisher.status !== "ready") return;
    this.#publisher.publish(this.#channel, `${position} ${this.#node}`).catch(this.#onError);
  }

  listen(listener: (position: number) => void): () => void {
    return this.#local.listen(listener);
  }

  close(): void {
    clearInterval(this.#pinging);
    this.#subscriber.disconnect();
  }

  #receive(message: string): void {
    const [, position, node] = /^(\d{1,15}) (.+)$/.exec(message) ?? [];
    if (position !== undefined && node !== this.#node) this.#wake(Number(position));
  }

  #wake(position: number): void {
    this.#lastPosition = Math.max(this.#lastPosition, position);
    this.#local.announce(position);
  }

  // An emitter without a listener for errors would throw them. The client logs nothing and tries again by itself.
  readonly #onError = (): void => {};
}

// How much one caller may do at once and in a minute. While authentication is off everybody is the same caller, and none
// of this holds.

import type { Redis } from "ioredis";
import { LRUCache } from "lru-cache";
import { type RateLimiterAbstract, RateLimiterMemory, RateLimiterRedis, RateLimiterRes } from "rate-limiter-flexible";
import type { Principal } from "../access/principal.js";
import { limitExceeded, rateLimited } from "./admission/refusal.js";
import type { Sessions } from "./sessions.js";

export interface CallerLimitParts {
  limits: { operationsInFlight: number; requestsPerMinute: number; sockets: number; subscriptions: number };
  sessions: Sessions;
  /** Where all nodes count together; null: this one is alone. */
  redis: Redis | null;
  keyPrefix: string;
  isDisabled: boolean;
}

const minuteSeconds = 60;
const busyForSeconds = 1;
const maxCallers = 100_000;

/** What is known of a caller's minute. */
interface Minute {
  /** Requests of this turn of the event loop, which are counted together at its end. */
  uncounted: number;
  /** That were left when some were last counted. */
  left: number;
  /** By the monotonic clock. */
  usedUpUntil: number;
}

export class CallerLimits {
  readonly #parts: CallerLimitParts;
  readonly #rate: RateLimiterAbstract;
  readonly #minutes = new LRUCache<string, Minute>({ max: maxCallers });
  readonly #uncounted = new Map<string, Minute>();
  readonly #inFlight = new Map<string, number>();

  constructor(parts: CallerLimitParts) {
    this.#parts = parts;
    const options = {
      points: parts.limits.requestsPerMinute,
      duration: minuteSeconds,
      keyPrefix: parts.keyPrefix,
    };
    const memory = new RateLimiterMemory(options);
    this.#rate = parts.redis
      ? new RateLimiterRedis({
          ...options,
          storeClient: parts.redis,
          insuranceLimiter: memory,
          rejectIfRedisNotReady: true,
        })
      : memory;
  }

  /** Throws a Refusal where the minute's requests are used up. Never waits: what other nodes know counts a moment later. */
  request({ id }: Principal): void {
    if (this.#parts.isDisabled) return;
    const minute = this.#minuteOf(id);
    if (minute.usedUpUntil > 0) this.#requireLeft(minute);
    minute.uncounted += 1;
    if (minute.uncounted >= minute.left) {
      this.#count(id, minute);
    } else if (minute.uncounted === 1) {
      if (this.#uncounted.size === 0) setImmediate(this.#countAll);
      this.#uncounted.set(id, minute);
    }
  }

  #minuteOf(id: string): Minute {
    let minute = this.#minutes.get(id);
    if (!minute) {
      minute = { uncounted: 0, left: 0, usedUpUntil: 0 };
      this.#minutes.set(id, minute);
    }
    return minute;
  }

  #requireLeft({ usedUpUntil }: Minute): void {
    const leftMs = usedUpUntil - performance.now();
    if (leftMs <= 0) return;
    const { requestsPerMinute } = this.#parts.limits;
    throw rateLimited(`The limit is ${requestsPerMinute} requests a minute.`, Math.ceil(leftMs / 1000), "requests");
  }

  readonly #countAll = () => {
    for (const [id, minute] of this.#uncounted) this.#count(id, minute);
    this.#uncounted.clear();
  };

  #count(id: string, minute: Minute): void {
    const count = minute.uncounted;
    if (count === 0) return;
    minute.uncounted = 0;
    const note = ({ remainingPoints, msBeforeNext }: RateLimiterRes) => {
      minute.left = remainingPoints;
      if (remainingPoints <= 0) minute.usedUpUntil = performance.now() + msBeforeNext;
    };
    this.#rate.consume(id, count).then(note, (reason: unknown) => {
      // Anything else is the store's trouble, which is no reason to refuse anybody.
      if (reason instanceof RateLimiterRes) note(reason);
    });
  }

  /** Throws a Refusal where too many are under way for another one. */
  requireRoom({ id }: Principal): void {
    const { isDisabled, limits } = this.#parts;
    if (isDisabled || (this.#inFlight.get(id) ?? 0) < limits.operationsInFlight) return;
    throw limitExceeded(
      "operationsInFlight",
      `${limits.operationsInFlight} operations are under way, which is the limit.`,
      { status: 429, retryAfterSeconds: busyForSeconds },
    );
  }

  /** Answers a function that ends it. Throws a Refusal where too many are under way. */
  operation(principal: Principal): () => void {
    this.requireRoom(principal);
    const { id } = principal;
    this.#inFlight.set(id, (this.#inFlight.get(id) ?? 0) + 1);
    let isOpen = true;
    return () => {
      if (!isOpen) return;
      isOpen = false;
      const left = (this.#inFlight.get(id) ?? 1) - 1;
      if (left > 0) this.#inFlight.set(id, left);
      else this.#inFlight.delete(id);
    };
  }

  socket({ id }: Principal): void {
    const { isDisabled, limits, sessions } = this.#parts;
    if (isDisabled || sessions.countOf(id).sockets < limits.sockets) return;
    throw limitExceeded("sockets", `${limits.sockets} sockets and streams are open, which is the limit.`, {
      status: 429,
    });
  }

  subscription({ id }: Principal): void {
    const { isDisabled, limits, sessions } = this.#parts;
    if (isDisabled || sessions.countOf(id).subscriptions < limits.subscriptions) return;
    throw limitExceeded("subscriptions", `${limits.subscriptions} subscriptions are open, which is the limit.`, {
      status: 429,
    });
  }
}

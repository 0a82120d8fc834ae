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

export class CallerLimits {
  readonly #parts: CallerLimitParts;
  readonly #rate: RateLimiterAbstract;
  readonly #usedUpUntil = new LRUCache<string, number>({ max: maxCallers });
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
    const now = Date.now();
    const until = this.#usedUpUntil.get(id) ?? 0;
    if (until > now) {
      const { requestsPerMinute } = this.#parts.limits;
      const seconds = Math.ceil((until - now) / 1000);
      throw rateLimited(`The limit is ${requestsPerMinute} requests a minute.`, seconds, "requests");
    }
    const note = ({ remainingPoints, msBeforeNext }: RateLimiterRes) => {
      if (remainingPoints <= 0) this.#usedUpUntil.set(id, Date.now() + msBeforeNext);
    };
    this.#rate.consume(id).then(note, (reason: unknown) => {
      // Anything else is the store's trouble, which is no reason to refuse anybody.
      if (reason instanceof RateLimiterRes) note(reason);
    });
  }

  /** Answers a function that ends it. Throws a Refusal where too many are under way. */
  operation({ id }: Principal): () => void {
    const { isDisabled, limits } = this.#parts;
    const count = this.#inFlight.get(id) ?? 0;
    if (!isDisabled && count >= limits.operationsInFlight) {
      throw limitExceeded(
        "operationsInFlight",
        `${limits.operationsInFlight} operations are under way, which is the limit.`,
        { status: 429, retryAfterSeconds: busyForSeconds },
      );
    }
    this.#inFlight.set(id, count + 1);
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

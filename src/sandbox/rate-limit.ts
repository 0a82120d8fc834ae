import type { FastifyInstance, FastifyReply } from "fastify";
import { refused } from "./api-error.js";

export interface RateLimit {
  perMinute: number;
  perHour: number;
}

/** Counts requests from the first one of a window until its end. */
class FixedWindow {
  readonly #lengthMs: number;
  readonly #limit: number;
  #endsAt = 0;
  #count = 0;

  constructor(lengthMs: number, limit: number) {
    this.#lengthMs = lengthMs;
    this.#limit = limit;
  }

  get state(): { limit: number; remaining: number; endsAt: number } {
    const now = Date.now();
    if (now >= this.#endsAt) {
      this.#endsAt = now + this.#lengthMs;
      this.#count = 0;
    }
    return { limit: this.#limit, remaining: Math.max(this.#limit - this.#count, 0), endsAt: this.#endsAt };
  }

  take(): boolean {
    if (this.state.remaining === 0) return false;
    this.#count += 1;
    return true;
  }
}

/** One bucket for the whole account. Only the minute shows in headers: the hour runs out without a warning. */
export class RateLimiter {
  readonly #minute: FixedWindow;
  readonly #hour: FixedWindow;

  constructor(limit: RateLimit) {
    this.#minute = new FixedWindow(60_000, limit.perMinute);
    this.#hour = new FixedWindow(3_600_000, limit.perHour);
  }

  /** Every answer carries the headers; only requests to the API count. */
  showOn(app: FastifyInstance): void {
    app.addHook("onSend", async (_request, reply) => this.#writeHeaders(reply));
  }

  applyTo(app: FastifyInstance): void {
    app.addHook("onRequest", async () => {
      if (!this.#minute.take() || !this.#hour.take()) throw refused(429, "Too Many Attempts.");
    });
  }

  #writeHeaders(reply: FastifyReply): void {
    const { limit, remaining, endsAt } = this.#minute.state;
    reply.header("X-RateLimit-Limit", String(limit));
    reply.header("X-RateLimit-Remaining", String(remaining));
    reply.header("X-RateLimit-Reset", String(Math.ceil(endsAt / 1000)));
  }
}

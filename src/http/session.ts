// What a connection may do while it is open: as long as its credential counts, and as the newest one says.

import { type Principal, visibilityOf } from "../access/principal.js";
import type { FollowerLifetime } from "../mirror/log-follower.js";

/** Of one subscription: it ends with the credential, after all that happened up to then was delivered. */
export interface Lifetime extends FollowerLifetime {
  /** The subscription is over, for whatever reason. */
  close(): void;
}

export interface SessionEvents {
  /** The credential will expire soon. */
  expiring?: (at: Date) => void;
  /** To be closed now: the reason is for the client. */
  closed: (reason: string) => void;
}

const warnBeforeMs = 30_000;
// A client that reads slowly does not keep an expired credential alive.
const drainMs = 10_000;
// The longest wait that a timer takes.
const longestMs = 2_000_000_000;

export class Session {
  #principal: Principal;
  readonly #events: SessionEvents;
  readonly #ending = new AbortController();
  readonly #open = new Set<Lifetime>();
  #isClosed = false;
  #expiry: NodeJS.Timeout | undefined;
  #warning: NodeJS.Timeout | undefined;

  constructor(principal: Principal, events: SessionEvents) {
    this.#principal = principal;
    this.#events = events;
    this.#arm();
  }

  get principal(): Principal {
    return this.#principal;
  }

  get subscriptions(): number {
    return this.#open.size;
  }

  /** Goes on under a new credential of the same owner; answers false for anybody else's, or where it is too late. */
  renew(principal: Principal): boolean {
    const { tenant, isOperator } = this.#principal;
    if (this.#ending.signal.aborted || this.#isClosed) return false;
    if (principal.tenant !== tenant || principal.isOperator !== isOperator) return false;
    this.#principal = principal;
    this.#arm();
    return true;
  }

  subscribe(): Lifetime {
    const lifetime: Lifetime = {
      visibility: () => (this.#isClosed ? null : visibilityOf(this.#principal)),
      ending: this.#ending.signal,
      drained: () => lifetime.close(),
      close: () => {
        this.#open.delete(lifetime);
        if (this.#ending.signal.aborted && this.#open.size === 0) this.close(expired);
      },
    };
    this.#open.add(lifetime);
    return lifetime;
  }

  /** Nothing is delivered any more. */
  close(reason: string): void {
    if (this.#isClosed) return;
    this.dispose();
    this.#events.closed(reason);
  }

  /** The connection is gone. */
  dispose(): void {
    this.#isClosed = true;
    clearTimeout(this.#expiry);
    clearTimeout(this.#warning);
  }

  #arm(): void {
    clearTimeout(this.#expiry);
    clearTimeout(this.#warning);
    const { expiresAt } = this.#principal;
    if (expiresAt === null) return;
    const leftMs = expiresAt - Date.now();
    if (leftMs > longestMs) {
      this.#expiry = setTimeout(() => this.#arm(), longestMs);
      return;
    }
    this.#expiry = setTimeout(() => this.#end(), leftMs);
    if (leftMs > warnBeforeMs) {
      this.#warning = setTimeout(() => this.#events.expiring?.(new Date(expiresAt)), leftMs - warnBeforeMs);
    }
  }

  #end(): void {
    this.#ending.abort();
    if (this.#open.size === 0) this.close(expired);
    else this.#expiry = setTimeout(() => this.close(expired), drainMs);
  }
}

const expired = "The credential has expired";

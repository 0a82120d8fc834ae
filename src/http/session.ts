// What a connection may do while it is open: as long as its credential counts, and as the newest one says.

import type { Principal } from "../access/principal.js";

/** Connections and subscriptions of one principal. */
export interface Tally {
  sockets: number;
  subscriptions: number;
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

/** Of one subscription: it ends with the credential, after all that happened up to then was delivered. */
export class Lifetime {
  readonly #session: Session;
  /** Called when there is a new credential, when the end has come, and when nothing is delivered any more. */
  onChange: () => void = () => {};

  constructor(session: Session) {
    this.#session = session;
  }

  /** Null: nothing is delivered any more. */
  get principal(): Principal | null {
    return this.#session.isClosed ? null : this.#session.principal;
  }

  /** What is in the log by now is still delivered. */
  get isEnding(): boolean {
    return this.#session.isEnding;
  }

  /** The subscription is over, for whatever reason. */
  close(): void {
    this.#session.end(this);
  }
}

export class Session {
  #principal: Principal;
  readonly #events: SessionEvents;
  readonly #tallyOf: (principal: Principal) => Tally;
  readonly #now: () => number;
  readonly #open = new Set<Lifetime>();
  #isEnding = false;
  #isClosed = false;
  #isReleased = false;
  #expiry: NodeJS.Timeout | undefined;
  #warning: NodeJS.Timeout | undefined;

  /** It counts itself and its subscriptions as its principal's. */
  constructor(
    principal: Principal,
    events: SessionEvents,
    tallyOf: (principal: Principal) => Tally,
    /** What expiry is judged by. */
    now: () => number,
  ) {
    this.#now = now;
    this.#principal = principal;
    this.#events = events;
    this.#tallyOf = tallyOf;
    this.#count(1);
    this.#arm();
  }

  get principal(): Principal {
    return this.#principal;
  }

  get isEnding(): boolean {
    return this.#isEnding;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Goes on under a new credential of the same owner; answers false for anybody else's, or where it is too late. */
  renew(principal: Principal): boolean {
    const { tenant, isOperator } = this.#principal;
    if (this.#isEnding || this.#isClosed) return false;
    if (principal.tenant !== tenant || principal.isOperator !== isOperator) return false;
    this.#count(-1);
    this.#principal = principal;
    this.#count(1);
    this.#arm();
    this.#tell();
    return true;
  }

  subscribe(): Lifetime {
    const lifetime = new Lifetime(this);
    this.#open.add(lifetime);
    if (!this.#isReleased) this.#tallyOf(this.#principal).subscriptions += 1;
    return lifetime;
  }

  end(lifetime: Lifetime): void {
    if (!this.#open.delete(lifetime)) return;
    if (!this.#isReleased) this.#tallyOf(this.#principal).subscriptions -= 1;
    if (this.#isEnding && this.#open.size === 0) this.close(expired);
  }

  /** Nothing is delivered any more. */
  close(reason: string): void {
    if (this.#isClosed) return;
    this.#dispose();
    this.#events.closed(reason);
  }

  /** The connection is gone. */
  release(): void {
    this.#dispose();
    if (this.#isReleased) return;
    this.#isReleased = true;
    this.#count(-1);
  }

  #dispose(): void {
    this.#isClosed = true;
    clearTimeout(this.#expiry);
    clearTimeout(this.#warning);
    this.#tell();
  }

  #count(times: 1 | -1): void {
    const tally = this.#tallyOf(this.#principal);
    tally.sockets += times;
    tally.subscriptions += times * this.#open.size;
  }

  #arm(): void {
    clearTimeout(this.#expiry);
    clearTimeout(this.#warning);
    const { expiresAt } = this.#principal;
    if (expiresAt === null) return;
    const leftMs = expiresAt - this.#now();
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
    this.#isEnding = true;
    if (this.#open.size === 0) {
      this.close(expired);
      return;
    }
    this.#expiry = setTimeout(() => this.close(expired), drainMs);
    this.#tell();
  }

  #tell(): void {
    for (const lifetime of [...this.#open]) lifetime.onChange();
  }
}

const expired = "The credential has expired";

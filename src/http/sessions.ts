// All open sessions of this node: counted for each principal, and ended within seconds where a credential was revoked,
// on whichever node that was done.

import type { Authenticator } from "../access/authenticator.js";
import type { Principal } from "../access/principal.js";
import type { Logger } from "../telemetry/logger.js";
import { Session, type SessionEvents, type Tally } from "./session.js";

const sweepMs = 1_000;

export class Sessions {
  readonly #authenticator: Authenticator;
  readonly #logger: Logger;
  readonly #open = new Set<Session>();
  readonly #tallies = new Map<string, Tally>();
  readonly #timer: NodeJS.Timeout;

  constructor(authenticator: Authenticator, logger: Logger) {
    this.#authenticator = authenticator;
    this.#logger = logger;
    this.#timer = setInterval(() => this.#sweep(), sweepMs);
  }

  open(principal: Principal, events: SessionEvents): Session {
    const session = new Session(principal, events, ({ id }) => this.#tallyOf(id), this.#authenticator.clock.now);
    this.#open.add(session);
    return session;
  }

  /** The connection is gone. */
  release(session: Session): void {
    session.release();
    this.#open.delete(session);
    const { id } = session.principal;
    if (this.#tallies.get(id)?.sockets === 0) this.#tallies.delete(id);
  }

  /** How many connections and subscriptions the principal has here. */
  countOf(principalId: string): Readonly<Tally> {
    return this.#tallies.get(principalId) ?? { sockets: 0, subscriptions: 0 };
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #tallyOf(principalId: string): Tally {
    const tally = this.#tallies.get(principalId) ?? { sockets: 0, subscriptions: 0 };
    this.#tallies.set(principalId, tally);
    return tally;
  }

  async #sweep(): Promise<void> {
    const sessions = [...this.#open];
    try {
      const revoked = await this.#authenticator.revokedAmong(sessions.map(({ principal }) => principal));
      for (const session of sessions) {
        if (revoked.has(session.principal)) session.close("The credential was revoked");
      }
    } catch (error) {
      // The database is away: nothing is delivered meanwhile, and the next round looks again.
      this.#logger.debug({ err: error }, "open sessions could not be checked");
    }
  }
}

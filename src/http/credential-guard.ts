// Stands before the authenticator: an address from which too many wrong credentials came is not listened to for the rest
// of its minute. Credentials that were right before are, since callers may share an address with whoever attacks.

import { hash as hashOnce } from "node:crypto";
import { LRUCache } from "lru-cache";
import { RateLimiterMemory, RateLimiterRes } from "rate-limiter-flexible";
import { AccessError } from "../access/access-error.js";
import type { Authenticator } from "../access/authenticator.js";
import { operator, type Principal } from "../access/principal.js";
import { rateLimited } from "./admission/refusal.js";

const minuteSeconds = 60;
const keptCredentials = 10_000;

// What a revoked credential still opens.
const freshMs = 1_000;

interface Proof {
  principal: Principal;
  freshUntil: number;
}

export class CredentialGuard {
  readonly #authenticator: Authenticator;
  readonly #failures: RateLimiterMemory;
  readonly #proven = new LRUCache<string, Proof>({ max: keptCredentials });

  constructor(authenticator: Authenticator, failedPerMinute: number) {
    this.#authenticator = authenticator;
    this.#failures = new RateLimiterMemory({ points: failedPerMinute, duration: minuteSeconds });
  }

  /** Throws an AccessError where the credential proves nobody, and a Refusal where it is not even looked at. */
  async check(authorization: string | null | undefined, address: string): Promise<Principal> {
    // What costs nothing to refuse is not counted.
    if (!authorization || this.#authenticator.isDisabled) return this.#authenticator.authenticate(authorization);
    const hash = hashOf(authorization);
    const isProven = this.#proven.has(hash);
    // Counted beforehand, so that many at once are not all looked at.
    if (!isProven) await this.#count(address);
    try {
      const principal = await this.#authenticator.authenticate(authorization);
      if (!isProven) await this.#failures.reward(address);
      this.#proven.set(hash, { principal, freshUntil: performance.now() + freshMs });
      return principal;
    } catch (error) {
      if (error instanceof AccessError) this.#proven.delete(hash);
      else if (!isProven) await this.#failures.reward(address);
      throw error;
    }
  }

  /** Whom the credential proved a moment ago; null where that has to be found out. */
  recall(authorization: string | undefined): Principal | null {
    if (this.#authenticator.isDisabled) return operator;
    if (authorization === undefined) return null;
    const proof = this.#proven.get(hashOf(authorization));
    if (!proof) return null;
    const { principal, freshUntil } = proof;
    if (performance.now() >= freshUntil) return null;
    const { expiresAt } = principal;
    return expiresAt === null || this.#authenticator.clock.now() < expiresAt ? principal : null;
  }

  async #count(address: string): Promise<void> {
    try {
      await this.#failures.consume(address);
    } catch (error) {
      if (!(error instanceof RateLimiterRes)) throw error;
      const seconds = Math.ceil(error.msBeforeNext / 1000);
      throw rateLimited("Too many wrong credentials came from this address.", seconds, "credentials");
    }
  }
}

function hashOf(authorization: string): string {
  return hashOnce("sha256", authorization, "base64");
}

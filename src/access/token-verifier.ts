// JWT bearer tokens, verified with the keys that their issuer publishes. Keys may rotate at any time: one that is not known
// is asked for, but not more often than every half minute, whatever strangers send.

import { createRemoteJWKSet, customFetch, errors, jwtVerify } from "jose";
import fetch from "node-fetch";
import { operatorTenant } from "../store/visibility.js";
import { AccessError } from "./access-error.js";
import type { Principal } from "./principal.js";
import { toScopes } from "./scopes.js";

export interface TokenSettings {
  jwksUrl: string;
  issuer: string;
  audience: string;
  /** E.g. RS256; what is not listed is refused, `none` above all. */
  algorithms: readonly string[];
}

const clockSkewSeconds = 60;
const keysKeptMs = 600_000;
const askAgainMs = 30_000;
const timeoutMs = 5_000;

export class TokenVerifier {
  readonly #settings: TokenSettings;
  readonly #now: () => number;
  readonly #keys: ReturnType<typeof createRemoteJWKSet>;

  /** `now` is the time by which tokens expire. */
  constructor(settings: TokenSettings, now: () => number) {
    this.#now = now;
    this.#settings = settings;
    this.#keys = createRemoteJWKSet(new URL(settings.jwksUrl), {
      cooldownDuration: askAgainMs,
      cacheMaxAge: keysKeptMs,
      timeoutDuration: timeoutMs,
      [customFetch]: fetch as unknown as typeof globalThis.fetch,
    });
  }

  /** Throws an AccessError that says what is wrong with the token, and nothing of what is in it. */
  async verify(token: string): Promise<Principal> {
    const { issuer, audience, algorithms } = this.#settings;
    try {
      const { payload } = await jwtVerify(token, this.#keys, {
        issuer,
        audience,
        algorithms: [...algorithms],
        clockTolerance: clockSkewSeconds,
        currentDate: new Date(this.#now()),
        requiredClaims: ["sub", "exp"],
      });
      return toPrincipal(payload);
    } catch (error) {
      throw error instanceof AccessError ? error : new AccessError("UNAUTHENTICATED", faultOf(error));
    }
  }
}

const unchecked = [errors.JOSEError.code, errors.JWKSTimeout.code, errors.JWKSInvalid.code];

function toPrincipal(claims: Record<string, unknown>): Principal {
  const { sub, exp, tenant, scope } = claims;
  const scopes = new Set(toScopes(typeof scope === "string" ? scope : ""));
  const isOperator = scopes.has("operator");
  const owner = typeof tenant === "string" && tenant !== "" ? tenant : null;
  if (owner === null && !isOperator) throw new AccessError("UNAUTHENTICATED", "The token names no tenant.");
  // What nobody's mutation made is under this name: no tenant may take it.
  if (owner === operatorTenant && !isOperator) {
    throw new AccessError("UNAUTHENTICATED", "The token names a tenant that is not one.");
  }
  return {
    id: `token:${owner ?? operatorTenant}:${sub as string}`,
    tenant: owner ?? operatorTenant,
    scopes,
    isOperator,
    expiresAt: (exp as number) * 1000,
    keyId: null,
  };
}

function faultOf(error: unknown): string {
  if (error instanceof errors.JWTExpired) return "The token has expired.";
  if (error instanceof errors.JWTClaimValidationFailed)
    return `The token's claim "${error.claim}" is missing or wrong.`;
  if (error instanceof errors.JOSEAlgNotAllowed) return "The token is signed in a way that is not allowed.";
  // Nothing is wrong with it: its issuer does not answer.
  const isUnchecked = !(error instanceof errors.JOSEError) || unchecked.includes(error.code);
  return isUnchecked ? "The token cannot be checked at the moment." : "The token is not valid.";
}

// From a credential to the principal that it proves, whichever kind it is.

import { unrevokedKeyIds } from "../store/api-key.queries.js";
import type { Clock } from "../store/clock.js";
import type { Database } from "../store/database.js";
import { revokedTenants } from "../store/tenant.queries.js";
import { AccessError } from "./access-error.js";
import { type ApiKeys, isApiKey } from "./api-keys.js";
import { operator, type Principal } from "./principal.js";
import type { Refusals } from "./refusals.js";
import type { TokenVerifier } from "./token-verifier.js";

export interface AuthenticatorParts {
  database: Database;
  keys: ApiKeys;
  /** Null where only API keys are taken. */
  tokens: TokenVerifier | null;
  /** Everyone is the operator, whatever they send. */
  isDisabled: boolean;
  refusals: Refusals;
}

const revokedKeptMs = 1_000;
const bearer = /^Bearer +(\S+)$/i;

export class Authenticator {
  readonly #parts: AuthenticatorParts;
  #revoked: { tenants: Promise<Set<string>>; until: number } | null = null;

  constructor(parts: AuthenticatorParts) {
    this.#parts = parts;
  }

  /** What expiry is judged by. */
  get clock(): Clock {
    return this.#parts.database.clock;
  }

  get isDisabled(): boolean {
    return this.#parts.isDisabled;
  }

  /** `authorization` is the header's value. Throws an AccessError where it proves nobody. */
  async authenticate(authorization: string | null | undefined): Promise<Principal> {
    if (this.#parts.isDisabled) return operator;
    try {
      return await this.#prove(authorization);
    } catch (error) {
      if (error instanceof AccessError) this.#parts.refusals.addStranger(error);
      throw error;
    }
  }

  async #prove(authorization: string | null | undefined): Promise<Principal> {
    const { keys, tokens } = this.#parts;
    if (!authorization) throw new AccessError("UNAUTHENTICATED", "Send the header authorization: Bearer TOKEN.");
    const [, credential] = bearer.exec(authorization) ?? [];
    if (!credential) throw new AccessError("UNAUTHENTICATED", "The header authorization must be: Bearer TOKEN.");
    const principal = isApiKey(credential)
      ? await keys.verify(credential)
      : await (tokens ?? refuseTokens).verify(credential);
    if ((await this.#revokedTenants()).has(principal.tenant)) {
      throw new AccessError("UNAUTHENTICATED", "The credential was revoked.");
    }
    return principal;
  }

  /** Those of the principals whose credential counts no more, though its time is not over. */
  async revokedAmong(principals: readonly Principal[]): Promise<Set<Principal>> {
    if (this.#parts.isDisabled || principals.length === 0) return new Set();
    const { db } = this.#parts.database;
    const keyIds = [...new Set(principals.flatMap(({ keyId }) => keyId ?? []))];
    const [valid, tenants] = await Promise.all([unrevokedKeyIds(db, keyIds), revokedTenants(db)]);
    const revoked = principals.filter(({ keyId, tenant }) => tenants.has(tenant) || (keyId && !valid.has(keyId)));
    this.#parts.refusals.addRevoked(revoked);
    return new Set(revoked);
  }

  #revokedTenants(): Promise<Set<string>> {
    if (!this.#revoked || this.#revoked.until <= performance.now()) {
      const tenants = revokedTenants(this.#parts.database.db);
      this.#revoked = { tenants, until: performance.now() + revokedKeptMs };
      tenants.catch(() => {
        this.#revoked = null;
      });
    }
    return this.#revoked.tenants;
  }
}

const refuseTokens = {
  verify(): Promise<Principal> {
    throw new AccessError("UNAUTHENTICATED", "Only API keys are taken here.");
  },
};

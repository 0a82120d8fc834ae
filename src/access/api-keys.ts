// API keys: 256 random bits, shown once and kept as a hash. The public part finds the row, the secret part proves it.

import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import {
  type ApiKeyRow,
  apiKeyById,
  apiKeys,
  insertApiKey,
  noteKeyUse,
  revokeApiKey,
} from "../store/api-key.queries.js";
import type { Database } from "../store/database.js";
import { AccessError } from "./access-error.js";
import type { Principal } from "./principal.js";
import { type Scope, toScopes } from "./scopes.js";

export interface NewApiKey {
  tenant: string;
  name: string | null;
  scopes: readonly Scope[];
  expiresAt: Date | null;
}

const form = /^pgk_([0-9a-f]{16})_([A-Za-z0-9_-]{43})$/;
// What a revoked key still opens, and how seldom its use is written down.
const keptMs = 1_000;
const noteUseEveryMs = 60_000;
const maxKept = 10_000;
const unknownHash = "0".repeat(64);

export function isApiKey(credential: string): boolean {
  return credential.startsWith("pgk_");
}

interface KnownKey {
  row: ApiKeyRow | undefined;
  /** Whom the key proves, once it did. */
  principal: Principal | null;
  until: number;
}

export class ApiKeys {
  readonly #database: Database;
  readonly #rows = new Map<string, KnownKey>();
  readonly #notedAt = new Map<string, number>();

  constructor(database: Database) {
    this.#database = database;
  }

  /** Answers the key in full. Nothing can show it a second time. */
  async create({ tenant, name, scopes, expiresAt }: NewApiKey): Promise<{ id: string; key: string }> {
    const id = randomBytes(8).toString("hex");
    const secret = randomBytes(32).toString("base64url");
    await insertApiKey(this.#database.db, {
      id,
      tenant,
      name,
      scopes: scopes.join(" "),
      secret_hash: hashOf(secret),
      created_at: this.#database.clock.now(),
      expires_at: expiresAt?.getTime() ?? null,
      revoked_at: null,
      last_used_at: null,
    });
    return { id, key: `pgk_${id}_${secret}` };
  }

  list(): Promise<ApiKeyRow[]> {
    return apiKeys(this.#database.db);
  }

  /** Answers false where there is nothing to revoke. */
  revoke(id: string): Promise<boolean> {
    return revokeApiKey(this.#database.db, id, this.#database.clock.now());
  }

  async verify(key: string): Promise<Principal> {
    const [, id, secret] = form.exec(key) ?? [];
    if (!id || !secret) throw new AccessError("UNAUTHENTICATED", "The API key is not valid.");
    const known = await this.#known(id);
    const { row } = known;
    // Compared also where there is no such key, so that the time taken does not tell.
    const isRight = timingSafeEqual(Buffer.from(hashOf(secret)), Buffer.from(row?.secret_hash ?? unknownHash));
    if (!row || !isRight || row.revoked_at !== null) {
      throw new AccessError("UNAUTHENTICATED", "The API key is not valid.");
    }
    const now = this.#database.clock.now();
    if (row.expires_at !== null && row.expires_at <= now) {
      throw new AccessError("UNAUTHENTICATED", "The API key has expired.");
    }
    this.#noteUse(id, now);
    known.principal ??= toPrincipal(row);
    return known.principal;
  }

  async #known(id: string): Promise<KnownKey> {
    const kept = this.#rows.get(id);
    if (kept && kept.until > performance.now()) return kept;
    const row = await apiKeyById(this.#database.db, id);
    // Strangers choose the ids that are asked for.
    if (this.#rows.size >= maxKept) this.#rows.clear();
    const known: KnownKey = { row, principal: null, until: performance.now() + keptMs };
    this.#rows.set(id, known);
    return known;
  }

  #noteUse(id: string, now: number): void {
    if (now - (this.#notedAt.get(id) ?? 0) < noteUseEveryMs) return;
    this.#notedAt.set(id, now);
    // The call itself does not depend on it.
    noteKeyUse(this.#database.db, id, now).catch(() => this.#notedAt.delete(id));
  }
}

function toPrincipal({ id, tenant, scopes: names, expires_at }: ApiKeyRow): Principal {
  const scopes = new Set(toScopes(names));
  const isOperator = scopes.has("operator");
  return Object.freeze({ id: `key:${id}`, tenant, scopes, isOperator, expiresAt: expires_at, keyId: id });
}

function hashOf(secret: string): string {
  return createHash("sha256").update(secret).digest("hex");
}

import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import type { Scope } from "./scopes.js";
import type { StateFile } from "./state-file.js";

export const tokenLifeSeconds = 900;

/** Bearer tokens, kept as hashes in the state file so that they outlive a restart. */
export class AccessTokens {
  readonly #db: StateFile;

  constructor(db: StateFile) {
    this.#db = db;
  }

  mint(scopes: Scope[]): string {
    const token = randomBytes(32).toString("base64url");
    const now = Date.now();
    this.#db.prepare("DELETE FROM tokens WHERE expires_at <= ?").run(now);
    this.#db
      .prepare("INSERT INTO tokens (hash, scopes, expires_at) VALUES (?, ?, ?)")
      .run(sha256(token), scopes.join(" "), now + tokenLifeSeconds * 1000);
    return token;
  }

  scopesOf(token: string): string[] | undefined {
    const row = this.#db
      .prepare<[string, number], { scopes: string }>("SELECT scopes FROM tokens WHERE hash = ? AND expires_at > ?")
      .get(sha256(token), Date.now());
    return row?.scopes.split(" ");
  }

  /** What a rotation of the credential does to every live token. */
  revokeAll(): void {
    this.#db.prepare("DELETE FROM tokens").run();
  }
}

export function isSameSecret(given: string, expected: string): boolean {
  return timingSafeEqual(Buffer.from(sha256(given)), Buffer.from(sha256(expected)));
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

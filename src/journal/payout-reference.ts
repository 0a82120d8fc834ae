// A payout's reference at the provider is derived from its tenant and idempotency key, never random: one key can only ever
// name one payment there, also after a backup was restored, and the provider's rule that references are unique protects
// every retry.

import { createHmac } from "node:crypto";
import type { Database } from "../store/database.js";
import { readSetting } from "../store/setting.queries.js";
import { referenceSecretSetting } from "../store/setting-names.js";

const prefix = "gw-";
const hexLength = 40;

export class PayoutReferences {
  readonly #database: Database;
  #secret: Buffer | null = null;

  constructor(database: Database) {
    this.#database = database;
  }

  async referenceOf(tenant: string, idempotencyKey: string): Promise<string> {
    this.#secret ??= await this.#readSecret();
    const name = JSON.stringify(["createPayout", tenant, idempotencyKey]);
    return prefix + createHmac("sha256", this.#secret).update(name).digest("hex").slice(0, hexLength);
  }

  async #readSecret(): Promise<Buffer> {
    const secret = await readSetting(this.#database.db, referenceSecretSetting);
    if (secret === null) throw new Error("The database has no secret for references. Restore its table settings.");
    return Buffer.from(secret, "hex");
  }
}

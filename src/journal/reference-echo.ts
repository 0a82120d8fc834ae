// Only an account that gives the merchant reference back keeps it unique and finds payouts by it. Until one answer has
// shown that, a look-up that finds nothing proves nothing.

import type { Database } from "../store/database.js";
import { readSetting, writeSetting } from "../store/setting.queries.js";

const setting = "provider.echoes-merchant-reference";

export class ReferenceEcho {
  readonly #database: Database;
  #isKnown = false;

  constructor(database: Database) {
    this.#database = database;
  }

  async isKnown(): Promise<boolean> {
    this.#isKnown ||= (await readSetting(this.#database.db, setting)) === "true";
    return this.#isKnown;
  }

  async note(): Promise<void> {
    if (await this.isKnown()) return;
    await writeSetting(this.#database.db, setting, "true");
    this.#isKnown = true;
  }
}

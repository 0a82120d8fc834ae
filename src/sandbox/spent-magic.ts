import type { StateFile } from "./state-file.js";

/** Remembers the magic values that work once for each merchant_reference, also over a restart. */
export class SpentMagic {
  readonly #db: StateFile;

  constructor(db: StateFile) {
    this.#db = db;
  }

  /** True the first time only. */
  spend(value: string): boolean {
    return this.#db.prepare("INSERT OR IGNORE INTO spent_magic (value) VALUES (?)").run(value).changes === 1;
  }
}

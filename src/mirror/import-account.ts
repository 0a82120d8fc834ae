// The first start against an account that is in use already: its customers and payouts are taken over, page by page, in
// the background. The page is remembered, so that a restart goes on where it was.

import type { CustomerChange, PayoutChange } from "../datasources/changes.js";
import { customersByIds } from "../store/customer.queries.js";
import type { Database } from "../store/database.js";
import { readSetting, writeSetting } from "../store/setting.queries.js";
import { everything } from "../store/visibility.js";
import type { Logger } from "../telemetry/logger.js";
import type { Adopter } from "./adopt.js";
import type { ChangeDoor } from "./apply-change.js";
import { UnknownSubject } from "./apply-context.js";

export interface Page<C> {
  changes: C[];
  hasMore: boolean;
}

export interface AccountImportParts {
  database: Database;
  door: ChangeDoor;
  adopter: Adopter;
  listCustomers(page: number): Promise<Page<CustomerChange>>;
  listPayouts(page: number): Promise<Page<PayoutChange>>;
  logger: Logger;
}

type Subject = "customers" | "payouts";
const subjects: readonly Subject[] = ["customers", "payouts"];
const done = "done";

export class AccountImport {
  readonly #parts: AccountImportParts;

  constructor(parts: AccountImportParts) {
    this.#parts = parts;
  }

  /** What is left to do, for people; null where everything was taken over. */
  async progress(): Promise<string | null> {
    for (const subject of subjects) {
      const page = await readSetting(this.#parts.database.db, settingOf(subject));
      if (page !== done) return `importing ${subject}, page ${page ?? "1"}`;
    }
    return null;
  }

  /** Forgets how far it was. */
  async restart(): Promise<void> {
    for (const subject of subjects) await writeSetting(this.#parts.database.db, settingOf(subject), "1");
  }

  /** Takes over one more page; answers whether everything was taken over. Throws where the provider does not answer. */
  async step(): Promise<boolean> {
    const { database, logger } = this.#parts;
    for (const subject of subjects) {
      const reached = await readSetting(database.db, settingOf(subject));
      if (reached === done) continue;
      const page = Number(reached ?? "1");
      const { count, hasMore } = await (subject === "customers" ? this.#customers(page) : this.#payouts(page));
      await writeSetting(database.db, settingOf(subject), hasMore ? String(page + 1) : done);
      if (count > 0 || hasMore) logger.info({ subject, page, count, hasMore }, "imported a page");
      return false;
    }
    return true;
  }

  async #customers(page: number): Promise<{ count: number; hasMore: boolean }> {
    const { changes, hasMore } = await this.#parts.listCustomers(page);
    for (const change of changes) await this.#apply(change);
    return { count: changes.length, hasMore };
  }

  async #payouts(page: number): Promise<{ count: number; hasMore: boolean }> {
    const { database, adopter, listPayouts } = this.#parts;
    const { changes, hasMore } = await listPayouts(page);
    for (const change of changes) {
      const { customerId } = change.details;
      if (customerId && (await customersByIds(database.db, [customerId], everything)).length === 0) {
        await adopter.seekCustomer(customerId);
      }
      await this.#apply(change);
    }
    return { count: changes.length, hasMore };
  }

  async #apply(change: CustomerChange | PayoutChange): Promise<void> {
    try {
      await this.#parts.door.apply([change], { source: "RECONCILIATION" });
    } catch (error) {
      // A row that does not say enough to begin with is left to whoever asks for it.
      if (!(error instanceof UnknownSubject)) throw error;
      this.#parts.logger.warn({ kind: change.kind }, "an incomplete row was not imported");
    }
  }
}

function settingOf(subject: Subject): string {
  return `import.${subject}.page`;
}

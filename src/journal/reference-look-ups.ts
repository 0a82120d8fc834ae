// Whether "not found" proves anything on this account. It does only where a look-up by reference has found a payment that
// was not final yet: some accounts do not return references, and some do not list pending payments.

import type { PayoutChange } from "../datasources/changes.js";
import { isProviderError } from "../datasources/provider-error.js";
import type { TransactionsDataSource } from "../datasources/transactions.datasource.js";
import { isFinal } from "../domain/payout-status.js";
import type { Database } from "../store/database.js";
import { readSetting, writeSetting } from "../store/setting.queries.js";
import { findsPendingSetting } from "../store/setting-names.js";

export class ReferenceLookUps {
  readonly #database: Database;
  readonly #transactions: TransactionsDataSource;
  #isKnown = false;

  constructor(database: Database, transactions: TransactionsDataSource) {
    this.#database = database;
    this.#transactions = transactions;
  }

  async canProveAbsence(): Promise<boolean> {
    this.#isKnown ||= (await readSetting(this.#database.db, findsPendingSetting)) === "true";
    return this.#isKnown;
  }

  /** To be told of every payment that was looked up by its reference. */
  async note(found: PayoutChange, merchantReference: string): Promise<void> {
    const isPending = found.status !== undefined && !isFinal(found.status);
    if (!isPending || found.merchantReference !== merchantReference || (await this.canProveAbsence())) return;
    await writeSetting(this.#database.db, findsPendingSetting, "true");
    this.#isKnown = true;
  }

  /** Looks up a payout that was just accepted, while it is not known yet what a look-up proves. Takes spare budget only. */
  async learn(merchantReference: string): Promise<void> {
    if (await this.canProveAbsence()) return;
    try {
      const found = await this.#transactions.lookUp(merchantReference, "reconciliation");
      if (found.type === "PAYOUT") await this.note(found.change, merchantReference);
    } catch (error) {
      if (!isProviderError(error)) throw error;
    }
  }
}

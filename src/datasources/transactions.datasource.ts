import type { PayoutStatus } from "../schema/payout.enum.js";
import type { PayoutChange } from "./changes.js";
import { rowsOf } from "./field-reader.js";
import { hasNextPage, pagination } from "./page.js";
import { garbled, readAs } from "./provider-answer.js";
import type { CallClass, ProviderClient } from "./provider-client.js";
import { isProviderError } from "./provider-error.js";
import { providerPath } from "./provider-path.js";
import { isPayout, type ProviderTransaction, providerTransaction, toPayoutChange } from "./provider-transaction.js";

/** Days are YYYY-MM-DD. The provider can only filter by the two final statuses. */
export interface TransactionFilter {
  startDate?: string;
  endDate?: string;
  walletId?: string;
  customerId?: string;
  merchantReference?: string;
  status?: Extract<PayoutStatus, "SUCCESSFUL" | "FAILED">;
  page?: number;
  limit?: number;
}

/** `OTHER`: there is something by that key, and it is not known to be a payout. That is not the same as nothing. */
export type FoundTransaction = { type: "PAYOUT"; change: PayoutChange } | { type: "OTHER" } | { type: "ABSENT" };

const transactionRows = rowsOf(providerTransaction, "transactions");

export class TransactionsDataSource {
  readonly #provider: ProviderClient;

  constructor(provider: ProviderClient) {
    this.#provider = provider;
  }

  /** By the transaction's id, its reference or its merchant reference. Null for what is not there or not a payout. */
  async get(key: string, callClass: CallClass = "read"): Promise<PayoutChange | null> {
    const found = await this.lookUp(key, callClass);
    return found.type === "PAYOUT" ? found.change : null;
  }

  /** Like `get`, and tells what is absent from what is something else. */
  async lookUp(key: string, callClass: CallClass = "read"): Promise<FoundTransaction> {
    try {
      const path = providerPath`/transaction/${key}`;
      const answer = await this.#provider.get(path, undefined, callClass);
      const transaction = readAs(`GET ${path}`, providerTransaction, answer);
      // Adopting another payment in place of the one that was looked for would be worse than finding nothing.
      if (!isFoundBy(key, transaction)) throw garbled(`GET ${path}`, "the answer is about another transaction");
      return isPayout(transaction) ? { type: "PAYOUT", change: this.#toLookUp(transaction) } : { type: "OTHER" };
    } catch (error) {
      if (isProviderError(error, "NOT_FOUND")) return { type: "ABSENT" };
      throw error;
    }
  }

  /** Payouts only. The list may lag behind: a payout that is not in it may still exist. */
  async list(
    filter: TransactionFilter = {},
    callClass: CallClass = "read",
  ): Promise<{ changes: PayoutChange[]; hasMore: boolean }> {
    const page = String(filter.page ?? 1);
    const body = {
      type: "SEND_MONEY",
      start_date: filter.startDate,
      end_date: filter.endDate,
      wallet_id: filter.walletId,
      customer_id: filter.customerId,
      merchant_reference: filter.merchantReference,
      status: filter.status,
      page: filter.page ?? 1,
      limit: filter.limit,
    };
    // Whether the page is read from the query or from the body is not documented.
    const answer = await this.#provider.post("/transaction", body, callClass, { query: { page }, isRead: true });
    const rows = readAs("POST /transaction", transactionRows, answer).filter(isPayout);
    return {
      changes: rows.map((row) => this.#toLookUp(row)),
      hasMore: hasNextPage(readAs("POST /transaction", pagination, answer)),
    };
  }

  #toLookUp(transaction: ProviderTransaction): PayoutChange {
    return { ...toPayoutChange(transaction, this.#provider), isLookUp: true };
  }
}

function isFoundBy(key: string, { id, reference, merchant_reference }: ProviderTransaction): boolean {
  return [id, reference, merchant_reference].some((name) => name?.toLowerCase() === key.toLowerCase());
}

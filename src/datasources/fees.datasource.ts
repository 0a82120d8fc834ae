import { z } from "zod";
import type { MoneyValue } from "./changes.js";
import type { PayoutAmount } from "./commands.js";
import { fromPayoutAmount } from "./payout-body.js";
import { readAs } from "./provider-answer.js";
import type { ProviderClient } from "./provider-client.js";
import { decimal, text, underData } from "./provider-fields.js";

/** What it would cost now. The provider fixes the rate only when it pays. */
export interface ProviderQuote {
  method: string;
  youSend: MoneyValue;
  recipientGets: MoneyValue;
  /** In the source currency. */
  totalFees: MoneyValue;
  rate: string | null;
}

export interface QuoteRequest {
  sourceCurrency: string;
  targetCurrency: string;
  amount: PayoutAmount;
}

const feeEntry = z.object({
  method: text,
  you_send: decimal,
  recipient_gets: decimal,
  total_fees: decimal,
  rate: decimal.nullish(),
  exchange_rate: decimal.nullish(),
});

// One entry for each way of paying out, or in the oldest version a single one for the method that was asked about.
const breakdown = underData(
  z.union([
    z.object({ payout_fees: z.array(feeEntry) }).transform((fees) => fees.payout_fees),
    feeEntry.transform((entry) => [entry]),
  ]),
);

export class FeesDataSource {
  readonly #provider: ProviderClient;

  constructor(provider: ProviderClient) {
    this.#provider = provider;
  }

  async payoutQuotes({ sourceCurrency, targetCurrency, amount }: QuoteRequest): Promise<ProviderQuote[]> {
    const path = "/fees/breakdown";
    const body = { from_currency_id: sourceCurrency, to_currency_id: targetCurrency, ...fromPayoutAmount(amount) };
    const entries = readAs(`POST ${path}`, breakdown, await this.#provider.post(path, body, "read", { isRead: true }));
    return entries.map((entry) => ({
      method: entry.method.toUpperCase(),
      youSend: { amount: entry.you_send, currency: sourceCurrency },
      recipientGets: { amount: entry.recipient_gets, currency: targetCurrency },
      totalFees: { amount: entry.total_fees, currency: sourceCurrency },
      rate: entry.rate ?? entry.exchange_rate ?? null,
    }));
  }
}

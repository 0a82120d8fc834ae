// Wallets, currencies, banks and operators change rarely or matter briefly: each is kept for a while, and asked of the
// provider once however many want it.

import type { BanksDataSource } from "../datasources/banks.datasource.js";
import type { PayoutAmount } from "../datasources/commands.js";
import type { CurrenciesDataSource, ProviderCurrency } from "../datasources/currencies.datasource.js";
import type { FeesDataSource } from "../datasources/fees.datasource.js";
import type { WalletsDataSource } from "../datasources/wallets.datasource.js";
import { toCurrencyAmount } from "../schema/currency-digits.js";
import type {
  Bank,
  BankAccount,
  Currency,
  MobileMoneyOperator,
  PayoutQuote,
  Wallet,
} from "../schema/reference-data.type.js";

export interface ReferenceDataParts {
  wallets: WalletsDataSource;
  currencies: CurrenciesDataSource;
  banks: BanksDataSource;
  fees: FeesDataSource;
}

// A balance is shown, never reckoned with: the provider alone decides whether it suffices.
const walletsKeptMs = 3_000;
const listsKeptMs = 15 * 60_000;

export class ReferenceData {
  readonly #parts: ReferenceDataParts;
  readonly #kept = new Map<string, { until: number; value: Promise<unknown> }>();

  constructor(parts: ReferenceDataParts) {
    this.#parts = parts;
  }

  async wallets(): Promise<Wallet[]> {
    const wallets = await this.#keep("wallets", walletsKeptMs, () => this.#parts.wallets.list());
    return wallets.map(({ id, balance, active }) => ({ id, active, balance: inFull(balance) }));
  }

  async currencies(): Promise<Currency[]> {
    return (await this.#providerCurrencies()).map(({ code, name, active }) => ({ code, name, active }));
  }

  banks(filter: { currency?: string | null; country?: string | null }): Promise<Bank[]> {
    const given = {
      ...(filter.currency ? { currency: filter.currency } : {}),
      ...(filter.country ? { country: filter.country } : {}),
    };
    return this.#keep(`banks ${JSON.stringify(given)}`, listsKeptMs, () => this.#parts.banks.list(given));
  }

  async mobileMoneyOperators(currency: string): Promise<MobileMoneyOperator[]> {
    const currencyId = await this.currencyId(currency);
    if (currencyId === null) return [];
    return this.#keep(`operators ${currencyId}`, listsKeptMs, () => this.#parts.banks.mobileMoneyOperators(currencyId));
  }

  /** Null where the bank does not know the account. Never kept: it is personal data. */
  async bankAccount(bankId: string, accountNumber: string): Promise<BankAccount | null> {
    const accountName = await this.#parts.banks.accountName(bankId, accountNumber);
    return accountName === null ? null : { bankId, accountNumber, accountName };
  }

  async payoutQuotes(sourceCurrency: string, targetCurrency: string, amount: PayoutAmount): Promise<PayoutQuote[]> {
    const quotes = await this.#parts.fees.payoutQuotes({ sourceCurrency, targetCurrency, amount });
    return quotes.map(({ method, youSend, recipientGets, totalFees, rate }) => ({
      method,
      youSend: inFull(youSend),
      recipientGets: inFull(recipientGets),
      totalFees: inFull(totalFees),
      rate,
    }));
  }

  /** The provider's id of a currency; null where it has none by that code. */
  async currencyId(code: string): Promise<string | null> {
    const sameCode = (await this.#providerCurrencies()).filter((currency) => currency.code === code.toUpperCase());
    return (sameCode.find(({ active }) => active) ?? sameCode[0])?.id ?? null;
  }

  #providerCurrencies(): Promise<ProviderCurrency[]> {
    return this.#keep("currencies", listsKeptMs, () => this.#parts.currencies.list());
  }

  #keep<T>(key: string, forMs: number, ask: () => Promise<T>): Promise<T> {
    const now = Date.now();
    const kept = this.#kept.get(key);
    if (kept && kept.until > now) return kept.value as Promise<T>;
    const value = ask();
    this.#kept.set(key, { until: now + forMs, value });
    // A failure is not kept: the next caller asks again.
    value.catch(() => this.#kept.delete(key));
    return value;
  }
}

function inFull({ amount, currency }: { amount: string; currency: string }) {
  return { amount: toCurrencyAmount(amount, currency), currency };
}

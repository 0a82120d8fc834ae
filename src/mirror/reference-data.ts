// Wallets, currencies, banks and operators change rarely or matter briefly: each is kept for a while, and asked of the
// provider once however many want it.

import type { BanksDataSource } from "../datasources/banks.datasource.js";
import type { PayoutAmount } from "../datasources/commands.js";
import type { CurrenciesDataSource, ProviderCurrency } from "../datasources/currencies.datasource.js";
import type { FeesDataSource } from "../datasources/fees.datasource.js";
import { isProviderError } from "../datasources/provider-error.js";
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
  /** When an answer was read. */
  now: () => number;
}

// A balance is shown, never reckoned with: the provider alone decides whether it suffices.
const walletsKeptMs = 3_000;
const listsKeptMs = 15 * 60_000;
const maxEntries = 500;

interface Kept<T> {
  value: T;
  asOf: Date;
}

interface Entry {
  until: number;
  /** The last good answer, served while the provider cannot be reached. */
  kept: Kept<unknown> | null;
  asking: Promise<Kept<unknown>> | null;
}

export class ReferenceData {
  readonly #parts: ReferenceDataParts;
  readonly #entries = new Map<string, Entry>();

  constructor(parts: ReferenceDataParts) {
    this.#parts = parts;
  }

  async wallets(): Promise<Wallet[]> {
    const { value, asOf } = await this.#keep("wallets", walletsKeptMs, () => this.#parts.wallets.list());
    return value.map(({ id, balance, active }) => ({ id, active, balance: inFull(balance), asOf }));
  }

  async currencies(): Promise<Currency[]> {
    const { value, asOf } = await this.#providerCurrencies();
    return value.map(({ code, name, active }) => ({ code, name, active, asOf }));
  }

  async banks(filter: { currency?: string | null; country?: string | null }): Promise<Bank[]> {
    const given = {
      ...(filter.currency ? { currency: filter.currency } : {}),
      ...(filter.country ? { country: filter.country } : {}),
    };
    const ask = () => this.#parts.banks.list(given);
    const { value, asOf } = await this.#keep(`banks ${JSON.stringify(given)}`, listsKeptMs, ask);
    return value.map((bank) => ({ ...bank, asOf }));
  }

  async mobileMoneyOperators(currency: string): Promise<MobileMoneyOperator[]> {
    const currencyId = await this.currencyId(currency);
    if (currencyId === null) return [];
    const ask = () => this.#parts.banks.mobileMoneyOperators(currencyId);
    const { value, asOf } = await this.#keep(`operators ${currencyId}`, listsKeptMs, ask);
    return value.map((operator) => ({ ...operator, asOf }));
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
    const { value } = await this.#providerCurrencies();
    const sameCode = value.filter((currency) => currency.code === code.toUpperCase());
    return (sameCode.find(({ active }) => active) ?? sameCode[0])?.id ?? null;
  }

  #providerCurrencies(): Promise<Kept<ProviderCurrency[]>> {
    return this.#keep("currencies", listsKeptMs, () => this.#parts.currencies.list());
  }

  async #keep<T>(key: string, forMs: number, ask: () => Promise<T>): Promise<Kept<T>> {
    const entry = this.#entryOf(key);
    if (entry.kept && entry.until > performance.now()) return entry.kept as Kept<T>;
    entry.asking ??= ask()
      .then((value) => {
        entry.kept = { value, asOf: new Date(this.#parts.now()) };
        entry.until = performance.now() + forMs;
        return entry.kept;
      })
      .finally(() => {
        entry.asking = null;
      });
    try {
      return (await entry.asking) as Kept<T>;
    } catch (error) {
      if (entry.kept && isProviderError(error)) return entry.kept as Kept<T>;
      throw error;
    }
  }

  #entryOf(key: string): Entry {
    const known = this.#entries.get(key);
    if (known) return known;
    // Keys hold what callers ask for: there must not be more and more of them.
    if (this.#entries.size >= maxEntries) this.#entries.clear();
    const entry: Entry = { until: 0, kept: null, asking: null };
    this.#entries.set(key, entry);
    return entry;
  }
}

function inFull({ amount, currency }: { amount: string; currency: string }) {
  return { amount: toCurrencyAmount(amount, currency), currency };
}

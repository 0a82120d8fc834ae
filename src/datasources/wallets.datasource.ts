import { z } from "zod";
import type { MoneyValue } from "./changes.js";
import { readAs } from "./provider-answer.js";
import type { ProviderClient } from "./provider-client.js";
import { isProviderError } from "./provider-error.js";
import { decimal, flag, id, text, underData } from "./provider-fields.js";
import { providerPath } from "./provider-path.js";

export interface ProviderWallet {
  id: string;
  balance: MoneyValue;
  active: boolean;
}

const wallet = z.object({ id, currency: text, amount: decimal, is_active: flag }).transform(
  ({ id: walletId, currency, amount, is_active }): ProviderWallet => ({
    id: walletId,
    balance: { amount, currency: currency.toUpperCase() },
    active: is_active,
  }),
);

export class WalletsDataSource {
  readonly #provider: ProviderClient;

  constructor(provider: ProviderClient) {
    this.#provider = provider;
  }

  async list(): Promise<ProviderWallet[]> {
    return readAs("GET /wallet", underData(z.array(wallet)), await this.#provider.get("/wallet"));
  }

  async get(walletId: string): Promise<ProviderWallet | null> {
    try {
      const path = providerPath`/wallet/${walletId}`;
      return readAs(`GET ${path}`, underData(wallet), await this.#provider.get(path));
    } catch (error) {
      if (isProviderError(error, "NOT_FOUND")) return null;
      throw error;
    }
  }
}

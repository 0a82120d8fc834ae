import { z } from "zod";
import { readAs } from "./provider-answer.js";
import type { ProviderClient } from "./provider-client.js";
import { flag, id, text, underData } from "./provider-fields.js";

export interface ProviderCurrency {
  id: string;
  code: string;
  name: string;
  active: boolean;
}

const currencies = underData(
  z.array(
    z.object({ id, code: text, name: text.nullish(), active: flag.nullish() }).transform(
      (currency): ProviderCurrency => ({
        id: currency.id,
        code: currency.code.toUpperCase(),
        name: currency.name ?? currency.code,
        active: currency.active ?? true,
      }),
    ),
  ),
);

export class CurrenciesDataSource {
  readonly #provider: ProviderClient;

  constructor(provider: ProviderClient) {
    this.#provider = provider;
  }

  async list(): Promise<ProviderCurrency[]> {
    return readAs("GET /currency", currencies, await this.#provider.get("/currency"));
  }

  async idByCode(code: string): Promise<string | null> {
    const sameCode = (await this.list()).filter((currency) => currency.code === code.toUpperCase());
    return (sameCode.find((currency) => currency.active) ?? sameCode[0])?.id ?? null;
  }
}

import { z } from "zod";
import { readAs } from "./provider-answer.js";
import type { ProviderClient } from "./provider-client.js";
import { isProviderError, type ProviderError } from "./provider-error.js";
import { id, text, underData } from "./provider-fields.js";

export interface ProviderBank {
  id: string;
  code: string | null;
  name: string;
  /** ISO 3166-1 alpha-2. */
  country: string | null;
}

export interface ProviderMobileMoneyOperator {
  id: string;
  code: string | null;
  name: string;
}

const banks = underData(
  z.array(
    z
      .object({
        id,
        name: text,
        code: text.nullish(),
        country: z.union([text, z.object({ code: text.nullish() }).transform((country) => country.code)]).nullish(),
      })
      .transform((bank): ProviderBank => ({ ...bank, code: bank.code ?? null, country: bank.country ?? null })),
  ),
);

const operators = underData(
  z.array(
    z
      .object({ id, name: text, code: text.nullish() })
      .transform((operator): ProviderMobileMoneyOperator => ({ ...operator, code: operator.code ?? null })),
  ),
);

const resolvedAccount = underData(z.object({ account_name: text }));

export class BanksDataSource {
  readonly #provider: ProviderClient;

  constructor(provider: ProviderClient) {
    this.#provider = provider;
  }

  async list(filter: { currency?: string; country?: string } = {}): Promise<ProviderBank[]> {
    return readAs("GET /bank", banks, await this.#provider.get("/bank", { ...filter }));
  }

  /** The holder's name; null where the bank does not know the account. */
  async accountName(bankId: string, accountNumber: string): Promise<string | null> {
    const path = "/bank/account-lookup";
    try {
      const body = { account_number: accountNumber, bank_id: bankId };
      const answer = await this.#provider.post(path, body, "read", { isRead: true });
      return readAs(`POST ${path}`, resolvedAccount, answer).account_name;
    } catch (error) {
      if (isProviderError(error) && isUnknownAccount(error)) return null;
      throw error;
    }
  }

  async mobileMoneyOperators(currencyId: string): Promise<ProviderMobileMoneyOperator[]> {
    return readAs(
      "GET /momo-operator",
      operators,
      await this.#provider.get("/momo-operator", { currency_id: currencyId }),
    );
  }
}

function isUnknownAccount({ kind, providerMessage }: ProviderError): boolean {
  return kind === "REFUSED" && /invalid account number or bank code/i.test(providerMessage ?? "");
}

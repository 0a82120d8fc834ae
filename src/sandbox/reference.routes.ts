import type { FastifyInstance } from "fastify";
import { refused } from "./api-error.js";
import { toApiTime } from "./api-time.js";
import { banks, mobileMoneyOperators } from "./banks.js";
import { businessId } from "./business.js";
import { type Currency, currencies, findCurrency, rateBetween } from "./currencies.js";
import type { ById } from "./customer.routes.js";
import { toExactNumber } from "./exact-json.js";
import { type Fields, fieldOf, toFields } from "./request-fields.js";
import type { WalletRecord, Wallets } from "./wallets.js";

export function registerReferenceRoutes(app: FastifyInstance, wallets: Wallets): void {
  app.get("/wallet", { config: { scope: "wallet:read" } }, async () => wallets.list().map(toWallet));

  app.get<ById>("/wallet/:id", { config: { scope: "wallet:read" } }, async (request) => {
    const wallet = wallets.find(request.params.id);
    if (wallet === undefined) throw refused(404, "Wallet not found");
    return toWallet(wallet);
  });

  app.get("/currency", { config: { scope: "currency:read" } }, async () => currencies.map(toCurrency));

  app.get("/bank", { config: { scope: "bank:read" } }, async (request) => {
    const query = toFields(request.query);
    const isWanted = wantedBy(query);
    return banks.filter(({ currency }) => isWanted(currency)).map(toBank);
  });

  app.get("/momo-operator", { config: { scope: "bank:read" } }, async (request) => {
    const isWanted = wantedBy(toFields(request.query));
    return mobileMoneyOperators
      .filter(({ currency }) => isWanted(currency))
      .map(({ id, name, code, currency }) => ({ id, name, code, country_id: findCurrency(currency)?.countryId }));
  });

  app.get("/rate", { config: { scope: "rates:read" } }, async (request) => {
    const search = String(toFields(request.query).search_term ?? "").toUpperCase();
    const rates = allRates().filter(({ pair }) => pair.includes(search));
    return { message: "Rates fetched successfully.", data: rates };
  });
}

/** By currency (code or id), by country (two letters) or by country id; whatever is not asked matches. */
function wantedBy(query: Fields): (currencyCode: string) => boolean {
  const asked = fieldOf(query, "currency") ?? fieldOf(query, "currency_id");
  const country = fieldOf(query, "country");
  const countryId = fieldOf(query, "country_id");
  return (currencyCode) => {
    const currency = findCurrency(currencyCode);
    const isCurrency = asked === undefined || findCurrency(String(asked)) === currency;
    const isCountry = country === undefined || currency?.countryCode === String(country).toUpperCase();
    return isCurrency && isCountry && (countryId === undefined || currency?.countryId === countryId);
  };
}

function toWallet({ id, currency, balance }: WalletRecord): Record<string, unknown> {
  return {
    id,
    business_id: businessId,
    currency,
    currency_id: findCurrency(currency)?.id,
    amount: toExactNumber(balance),
    is_active: true,
  };
}

function toCurrency({ id, code, name, countryId, countryName, countryCode }: Currency): Record<string, unknown> {
  return {
    id,
    code,
    name,
    active: true,
    country_id: countryId,
    country: { id: countryId, name: countryName, short_name: countryCode, alt_short_name: null },
  };
}

function toBank({ id, name, code, countryCode, countryName }: (typeof banks)[number]): Record<string, unknown> {
  return { id, name, code, country: { code: countryCode, name: countryName } };
}

function allRates() {
  const at = toApiTime(Date.UTC(2026, 0, 15));
  const pairs = currencies.flatMap((from) => currencies.filter((to) => to !== from).map((to) => ({ from, to })));
  return pairs.map(({ from, to }, position) => {
    const rate = rateBetween(from, to);
    return {
      id: position + 1,
      pair: `${from.code}/${to.code}`,
      value: rate.round(2).eq(rate) ? rate.toFixed(2) : rate.toFixed(),
      category: "GENERAL",
      feesInPercents: "1.00",
      feesInAmount: "0.00",
      type: "FLAT",
      swap_enabled: false,
      send_enabled: true,
      is_active: true,
      created_at: at,
      updated_at: at,
    };
  });
}

import { isIban, isRoutingNumber } from "./account-checks.js";
import { FieldErrors, refused } from "./api-error.js";
import { type Currency, findCurrency } from "./currencies.js";
import type { AskedAmount, PayoutMethod } from "./pricing.js";
import { amountOf, type Fields, fieldOf, idOf, requiredTextOf, textOf } from "./request-fields.js";

const methods = ["bank_transfer", "interac", "ach", "wire", "mobile_money", "crypto"];
const addressFields = ["street", "city", "zip_code", "country"];
const usFields = ["type", "account_number", "account_name", "account_type", "bank_name", "routing_number"];

const formats: Record<string, (text: string) => boolean> = {
  sort_code: (text) => /^\d{2}-?\d{2}-?\d{2}$/.test(text),
  iban: isIban,
  bic_code: isBic,
  swift_code: isBic,
  routing_number: isRoutingNumber,
  type: (text) => ["individual", "business"].includes(text),
  account_type: (text) => ["checking", "savings"].includes(text),
  email: (text) => /^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(text),
  phone_number: (text) => /^\+?\d{7,15}$/.test(text),
  country: (text) => /^[A-Z]{2}$/.test(text),
};
const accountNumbers: Record<string, RegExp> = { NGN: /^\d{10}$/, GBP: /^\d{8}$/, USD: /^\d{4,17}$/ };

/** A payout request that is well formed; whether it can be paid is another question. */
export interface PayoutRequest {
  walletId: string;
  customerId: string;
  method: PayoutMethod;
  from: Currency;
  to: Currency;
  asked: AskedAmount;
  note: string | null;
  merchantReference: string | null;
  /** The destination's fields by the wire's names. */
  destination: Record<string, string>;
}

export function readPayoutRequest(body: Fields, isAddressRequired: boolean): PayoutRequest {
  const errors = new FieldErrors();
  const walletId = requiredTextOf(body, "wallet_id", errors);
  const customerId = requiredTextOf(body, "customer_id", errors);
  const method = readMethod(body, errors);
  const from = readCurrency(body, "from_currency_id", errors);
  const to = readCurrency(body, "to_currency_id", errors);
  const asked = readAskedAmount(body, errors);
  const note = textOf(body, "note", errors) ?? null;
  const merchantReference = textOf(body, "merchant_reference", errors) ?? null;
  const destination = readDestination(body, method, to, isAddressRequired, errors);
  errors.throwIfAny();
  if (from === undefined || to === undefined || asked === undefined || method === undefined) {
    throw refused(422, "The given data was invalid.");
  }
  return { walletId, customerId, method, from, to, asked, note, merchantReference, destination };
}

function readMethod(body: Fields, errors: FieldErrors): PayoutMethod | undefined {
  const method = requiredTextOf(body, "method", errors);
  if (method === "crypto") throw refused(400, "Crypto payouts are no longer available.");
  if (method !== "" && !methods.includes(method)) errors.selected("method");
  return methods.includes(method) ? (method as PayoutMethod) : undefined;
}

function readCurrency(body: Fields, name: string, errors: FieldErrors): Currency | undefined {
  const given = idOf(body, name);
  if (given === undefined) {
    errors.required(name);
    return undefined;
  }
  const currency = findCurrency(given);
  if (currency === undefined) {
    errors.selected(name);
    return undefined;
  }
  const countryId = idOf(body, "country_id");
  if (currency.isShared && given !== currency.id && countryId === undefined) errors.required("country_id");
  if (currency.isShared && countryId !== undefined && countryId !== currency.countryId) errors.selected("country_id");
  return currency;
}

function readAskedAmount(body: Fields, errors: FieldErrors): AskedAmount | undefined {
  const hasSend = fieldOf(body, "from_amount") !== undefined;
  const hasReceive = fieldOf(body, "to_amount") !== undefined;
  const send = amountOf(body, "from_amount", errors);
  const receive = amountOf(body, "to_amount", errors);
  if (hasSend && hasReceive) errors.add("from_amount", "Only one of from amount and to amount may be sent.");
  if (!hasSend && !hasReceive) {
    errors.add("from_amount", "The from amount field is required when to amount is not present.");
  }
  if (send !== undefined) return { send };
  return receive === undefined ? undefined : { receive };
}

function readDestination(
  body: Fields,
  method: PayoutMethod | undefined,
  to: Currency | undefined,
  isAddressRequired: boolean,
  errors: FieldErrors,
): Record<string, string> {
  const destination: Record<string, string> = {};
  for (const name of requiredFields(method, to?.code, isAddressRequired)) {
    // Ids may be numbers; everything else is text.
    const isId = name.endsWith("_id");
    const given = isId ? idOf(body, name) : undefined;
    const text = given ?? requiredTextOf(body, name, errors);
    if (text === "") continue;
    destination[name] = text;
    const accountNumber = name === "account_number" ? accountNumbers[to?.code ?? ""] : undefined;
    if (formats[name]?.(text) === false || accountNumber?.test(text) === false) errors.format(name);
  }
  return destination;
}

function requiredFields(method: PayoutMethod | undefined, currency: string | undefined, isAddressRequired: boolean) {
  const address = isAddressRequired ? addressFields : [];
  if (method === "bank_transfer" && currency === "NGN") return ["bank_id", "account_number"];
  if (method === "bank_transfer" && currency === "GBP") {
    return ["sort_code", "account_number", "account_name", ...address];
  }
  if (method === "bank_transfer" && currency === "EUR") return ["iban", "bic_code", "account_name", ...address];
  if (method === "ach") return [...usFields, ...address, ...(isAddressRequired ? ["state"] : [])];
  if (method === "wire") return [...usFields, "swift_code", ...address, ...(isAddressRequired ? ["state"] : [])];
  if (method === "interac") return ["email", "interac_first_name", "interac_last_name"];
  if (method === "mobile_money") return ["phone_number", "mobile_money_operator_id", "account_name"];
  return [];
}

function isBic(text: string): boolean {
  return /^[A-Z]{6}[A-Z0-9]{2}([A-Z0-9]{3})?$/i.test(text);
}

// What can be told of a value while it is typed. The gateway checks everything again.

import { isSEPACountry, isValidBIC, isValidIBAN } from "ibantools";

export type Rule = (text: string) => string | null;

const pattern =
  (expression: RegExp, complaint: string): Rule =>
  (text) =>
    expression.test(text) ? null : complaint;

export const required: Rule = (text) => (text.trim() === "" ? "This is needed." : null);
export const email = pattern(/^[^\s@]+@[^\s@]+\.[^\s@]+$/, "Write an e-mail address.");
export const country = pattern(/^[A-Z]{2}$/, "Write the country's two capital letters, e.g. NG.");
export const phone = pattern(/^\+\d{7,15}$/, "Write it in the international form, e.g. +254700000000.");
export const nigerianAccount = pattern(/^\d{10}$/, "A Nigerian account number has 10 digits.");
export const britishAccount = pattern(/^\d{8}$/, "A British account number has 8 digits.");
export const sortCode = pattern(/^(\d{6}|\d{2}-\d{2}-\d{2})$/, "A sort code has 6 digits, e.g. 20-00-00.");
export const americanAccount = pattern(/^\d{4,17}$/, "An account number has 4 to 17 digits.");

export const iban: Rule = (text) => {
  if (!isValidIBAN(text)) return "The IBAN's length or checksum is not right. Write it without spaces.";
  return isSEPACountry(text.slice(0, 2)) ? null : "The IBAN's country is outside of SEPA.";
};

export const bic: Rule = (text) =>
  isValidBIC(text) ? null : "A BIC has 8 or 11 capitals and digits, e.g. COBADEFFXXX.";

const routingWeights = [3, 7, 1, 3, 7, 1, 3, 7, 1];

export const routingNumber: Rule = (text) => {
  const sum = routingWeights.reduce((total, weight, index) => total + weight * Number(text[index] ?? 0), 0);
  return /^\d{9}$/.test(text) && sum > 0 && sum % 10 === 0 ? null : "A routing number has 9 digits with a checksum.";
};

/** A decimal above zero, with no more decimals than the currency has. */
export function amountRule(currency: string): Rule {
  const { maximumFractionDigits = 2 } = new Intl.NumberFormat("en", { style: "currency", currency }).resolvedOptions();
  return (text) => {
    const [, decimals = ""] = text.split(".");
    if (!/^\d+(\.\d+)?$/.test(text) || /^0*(\.0*)?$/.test(text)) return "Write an amount above zero, e.g. 5000.00.";
    if (decimals.length <= maximumFractionDigits) return null;
    return `${currency} has ${maximumFractionDigits === 0 ? "no" : maximumFractionDigits} decimals.`;
  };
}

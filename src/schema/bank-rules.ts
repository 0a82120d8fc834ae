import { electronicFormatIBAN, isSEPACountry, isValidBIC, isValidIBAN } from "ibantools";
import { firstComplaint, pattern, type TextRule } from "./text-rules.js";

export const nigerianAccountNumber = pattern(/^\d{10}$/, "must be a Nigerian account number of 10 digits");

export const britishAccountNumber = pattern(/^\d{8}$/, "must be a British account number of 8 digits");

export const sortCode = pattern(/^(\d{6}|\d{2}-\d{2}-\d{2})$/, "must be a sort code of 6 digits, e.g. 20-00-00");

export const americanAccountNumber = pattern(/^\d{4,17}$/, "must be an account number of 4 to 17 digits");

export const iban = firstComplaint(
  (text) => (electronicFormatIBAN(text) === text ? null : "must be written in capitals without spaces"),
  (text) => (isValidIBAN(text) ? null : "must be an IBAN whose length and checksum are right"),
  (text) => (isSEPACountry(text.slice(0, 2)) ? null : "must be an IBAN of a country within SEPA"),
);

export const bic: TextRule = (text) =>
  isValidBIC(text) && text === text.toUpperCase()
    ? null
    : "must be a BIC of 8 or 11 capitals and digits, e.g. COBADEFFXXX";

// The first two digits name a Federal Reserve district, a thrift (+20), an electronic (+60) or a traveller's cheque number.
const ROUTING_NUMBER = /^(0\d|1[0-2]|2[1-9]|3[0-2]|6[1-9]|7[0-2]|80)\d{7}$/;
const ROUTING_WEIGHTS = [3, 7, 1, 3, 7, 1, 3, 7, 1];

export const routingNumber: TextRule = (text) => {
  const digits = [...text].map(Number);
  const sum = ROUTING_WEIGHTS.reduce((total, weight, index) => total + weight * (digits[index] ?? 0), 0);
  const isRight = ROUTING_NUMBER.test(text) && sum > 0 && sum % 10 === 0;
  return isRight ? null : "must be a routing number of 9 digits whose checksum is right";
};

export const mobileMoneyCurrency = pattern(/^(KES|UGX|TZS|XOF|GHS)$/, "must be one of KES, UGX, TZS, XOF, GHS");

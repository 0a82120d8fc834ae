// Where a payout can go, and what has to be known of each place.

import type { CreatePayoutInput, PayoutMethod } from "../generated/operations";
import {
  americanAccount,
  bic,
  britishAccount,
  country,
  email,
  iban,
  nigerianAccount,
  phone,
  type Rule,
  required,
  routingNumber,
  sortCode,
} from "./field-rules";

export type DestinationKind = keyof CreatePayoutInput["destination"];

export interface FieldSpec {
  /** Its path in the input, e.g. address.street. */
  path: string;
  label: string;
  rule: Rule;
  hint?: string;
  isNumber?: boolean;
  /** What is chosen from instead of typed. */
  options?: "banks" | "operators" | readonly { id: string; name: string }[];
}

export interface Destination {
  name: string;
  method: PayoutMethod;
  /** Null where the form asks for it. */
  currency: string | null;
  fields: readonly FieldSpec[];
}

const holder: FieldSpec = { path: "accountName", label: "Account holder", rule: required };
const kinds = [
  { id: "INDIVIDUAL", name: "A person" },
  { id: "BUSINESS", name: "A business" },
];
const accounts = [
  { id: "CHECKING", name: "Checking" },
  { id: "SAVINGS", name: "Savings" },
];

function address(hasState: boolean): FieldSpec[] {
  return [
    { path: "address.street", label: "Street and house number", rule: required },
    { path: "address.city", label: "City", rule: required },
    ...(hasState ? [{ path: "address.state", label: "State", rule: required }] : []),
    { path: "address.zipCode", label: "Postal code", rule: required },
    { path: "address.country", label: "Country", rule: country, hint: "Two capital letters, e.g. GB" },
  ];
}

const american: FieldSpec[] = [
  { path: "holderType", label: "The holder is", rule: required, options: kinds },
  holder,
  { path: "accountNumber", label: "Account number", rule: americanAccount, isNumber: true },
  { path: "accountType", label: "Kind of account", rule: required, options: accounts },
  { path: "routingNumber", label: "Routing number", rule: routingNumber, isNumber: true },
  { path: "bankName", label: "Bank", rule: required },
];

export const mobileMoneyCurrencies = ["KES", "UGX", "TZS", "XOF", "GHS"];

export const destinations: Record<DestinationKind, Destination> = {
  ngnBank: {
    name: "Bank account in Nigeria (NGN)",
    method: "BANK_TRANSFER",
    currency: "NGN",
    fields: [
      { path: "bankId", label: "Bank", rule: required, options: "banks" },
      { path: "accountNumber", label: "Account number", rule: nigerianAccount, isNumber: true },
    ],
  },
  gbpBank: {
    name: "Bank account in the United Kingdom (GBP)",
    method: "BANK_TRANSFER",
    currency: "GBP",
    fields: [
      holder,
      { path: "accountNumber", label: "Account number", rule: britishAccount, isNumber: true },
      { path: "sortCode", label: "Sort code", rule: sortCode, isNumber: true },
      ...address(false),
    ],
  },
  eurBank: {
    name: "Bank account within SEPA (EUR)",
    method: "BANK_TRANSFER",
    currency: "EUR",
    fields: [
      holder,
      { path: "iban", label: "IBAN", rule: iban },
      { path: "bic", label: "BIC", rule: bic },
      ...address(false),
    ],
  },
  ach: {
    name: "Bank account in the United States, ACH (USD)",
    method: "ACH",
    currency: "USD",
    fields: [...american, ...address(true)],
  },
  wire: {
    name: "Bank account in the United States, wire (USD)",
    method: "WIRE",
    currency: "USD",
    fields: [...american, { path: "swiftCode", label: "SWIFT code", rule: bic }, ...address(true)],
  },
  interac: {
    name: "Interac e-Transfer in Canada (CAD)",
    method: "INTERAC",
    currency: "CAD",
    fields: [
      { path: "firstName", label: "First name", rule: required },
      { path: "lastName", label: "Last name", rule: required },
      { path: "email", label: "E-mail", rule: email, hint: "The transfer is announced there." },
    ],
  },
  mobileMoney: {
    name: "Mobile money (KES, UGX, TZS, XOF, GHS)",
    method: "MOBILE_MONEY",
    currency: null,
    fields: [
      {
        path: "currency",
        label: "Currency",
        rule: required,
        options: mobileMoneyCurrencies.map((code) => ({ id: code, name: code })),
      },
      { path: "operatorId", label: "Operator", rule: required, options: "operators" },
      { path: "phoneNumber", label: "Phone number", rule: phone },
      holder,
    ],
  },
};

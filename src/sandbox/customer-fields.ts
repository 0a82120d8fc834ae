import { FieldErrors } from "./api-error.js";
import { fromDay } from "./api-time.js";
import type { CustomerFields, CustomerRecord, CustomerType } from "./customers.js";
import { type Fields, fieldOf, textOf } from "./request-fields.js";

const kycFields = ["dob", "street", "city", "state", "zip_code", "id_expiry_date", "id_issue_date"];
const operatingFields = [
  "operating_street",
  "operating_city",
  "operating_state",
  "operating_zip_code",
  "operating_country",
];
const individualFields = ["first_name", "last_name", "id_type", "id_number"];
const businessFields = [
  "business_name",
  "registration_number",
  "incorporation_country",
  ...operatingFields,
  "trading_name",
  "business_type",
  "incorporation_date",
  "industry_type",
  "business_description",
  "website",
  "source_of_funds",
  "estimated_annual_revenue",
  "expected_monthly_payments",
  "account_purpose",
];
const commonFields = ["email", "country", "phone", "tin", ...kycFields];

const required: Record<CustomerType, readonly string[]> = {
  individual: ["email", "country", ...individualFields],
  business: ["email", "country", "business_name", "registration_number", "incorporation_country"],
};
const allowed: Record<CustomerType, readonly string[]> = {
  individual: [...commonFields, ...individualFields],
  business: [...commonFields, ...businessFields],
};
const prohibited: Record<CustomerType, readonly string[]> = {
  individual: [...businessFields, "kyb_scope", "owners"],
  business: individualFields,
};

const choices: Record<string, readonly string[]> = {
  id_type: ["drivers_license", "passport", "resident_permit"],
  business_type: [
    "corporation",
    "government_entity",
    "llc",
    "non_profit",
    "other",
    "partnership",
    "sole_proprietorship",
  ],
  source_of_funds: ["business_revenue", "business_loans", "investment_income", "third_party_funds", "other"],
  account_purpose: [
    "receive_payments_for_goods_and_services",
    "send_payments_for_goods_and_services",
    "send_receive_funds_related_parties",
    "other",
  ],
};
const formats: Record<string, (text: string) => boolean> = {
  email: (text) => /^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(text),
  country: isCountry,
  incorporation_country: isCountry,
  operating_country: isCountry,
  dob: isDay,
  id_issue_date: isDay,
  id_expiry_date: isDay,
  incorporation_date: isDay,
};
const zipCodes: Record<string, RegExp> = {
  US: /^\d{5}(-\d{4})?$/,
  GB: /^[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}$/i,
  CA: /^[A-Z]\d[A-Z] ?\d[A-Z]\d$/i,
  DE: /^\d{5}$/,
  NG: /^\d{6}$/,
};

/** Checks a create request as a whole and answers its fields, the absent ones null. */
export function readNewCustomer(body: Fields, type: CustomerType, errors: FieldErrors): CustomerFields {
  const sent = readSent(body, type, errors);
  const fields: CustomerFields = Object.fromEntries(allowed[type].map((name) => [name, sent[name] ?? null]));
  for (const name of required[type]) if (fieldOf(body, name) === undefined) errors.required(name);
  checkTogether(fields, type, errors);
  return fields;
}

/** In an update a field left out keeps its value and null clears it. */
export function readCustomerUpdate(body: Fields, customer: CustomerRecord): CustomerFields {
  const errors = new FieldErrors();
  for (const name of ["type", "kyb_scope"]) if (Object.hasOwn(body, name)) errors.prohibited(name);
  const sent = readSent(body, customer.type, errors);
  for (const name of required[customer.type]) if (sent[name] === null) errors.required(name);
  checkTogether({ ...customer.fields, ...sent }, customer.type, errors);
  errors.throwIfAny();
  return sent;
}

export function readKycData(body: Fields, customer: CustomerRecord): CustomerFields {
  const errors = new FieldErrors();
  const names = customer.type === "business" ? [...kycFields, ...operatingFields] : kycFields;
  const kyc = Object.fromEntries(Object.entries(body).filter(([name]) => names.includes(name)));
  const sent = readSent(kyc, customer.type, errors);
  checkTogether({ ...customer.fields, ...sent }, customer.type, errors);
  errors.throwIfAny();
  return sent;
}

function readSent(body: Fields, type: CustomerType, errors: FieldErrors): CustomerFields {
  for (const name of prohibited[type]) if (fieldOf(body, name) !== undefined) errors.prohibited(name);
  const sent: CustomerFields = {};
  for (const name of allowed[type]) {
    if (!Object.hasOwn(body, name)) continue;
    const text = textOf(body, name, errors, name === "business_description" ? 2000 : 255);
    sent[name] = text ?? null;
    if (text === undefined) continue;
    if (choices[name]?.includes(text) === false) errors.selected(name);
    if (formats[name]?.(text) === false) errors.format(name);
  }
  return sent;
}

function checkTogether(fields: CustomerFields, type: CustomerType, errors: FieldErrors): void {
  const { country, zip_code: zipCode } = fields;
  if (country && zipCode && zipCodes[country]?.test(zipCode) === false) errors.format("zip_code");
  if (type !== "business") return;
  if (country && fields.incorporation_country && country !== fields.incorporation_country) {
    errors.add("country", "The country must match the incorporation country.");
  }
  const isOperatingElsewhere = operatingFields.some((name) => fields[name]);
  if (isOperatingElsewhere && !fields.operating_country) errors.required("operating_country");
}

function isCountry(text: string): boolean {
  return /^[A-Z]{2}$/.test(text);
}

function isDay(text: string): boolean {
  return fromDay(text) !== undefined;
}

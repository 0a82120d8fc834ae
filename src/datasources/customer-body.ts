// A customer as the provider's request bodies spell it.

import type { CreateCustomerCommand, CustomerFields } from "./commands.js";

const wireNames = {
  firstName: "first_name",
  lastName: "last_name",
  businessName: "business_name",
  email: "email",
  country: "country",
  idType: "id_type",
  idNumber: "id_number",
  idIssueDate: "id_issue_date",
  idExpiryDate: "id_expiry_date",
  registrationNumber: "registration_number",
  incorporationCountry: "incorporation_country",
  phone: "phone",
  tin: "tin",
  dateOfBirth: "dob",
  street: "street",
  city: "city",
  state: "state",
  zipCode: "zip_code",
} as const satisfies Record<keyof CustomerFields, string>;

type FieldName = keyof typeof wireNames;

// One field of the other type makes the provider refuse the whole request.
const ofPersons: ReadonlySet<FieldName> = new Set<FieldName>([
  "firstName",
  "lastName",
  "idType",
  "idNumber",
  "idIssueDate",
  "idExpiryDate",
  "dateOfBirth",
]);
const ofCompanies: ReadonlySet<FieldName> = new Set<FieldName>([
  "businessName",
  "registrationNumber",
  "incorporationCountry",
]);

export function fromCreateCustomerCommand(command: CreateCustomerCommand): Record<string, unknown> {
  const foreign = command.type === "INDIVIDUAL" ? ofCompanies : ofPersons;
  const own = fieldNames.filter((name) => !foreign.has(name) && command[name] !== null);
  return { type: command.type.toLowerCase(), ...toWire(command, own) };
}

/** Null clears a field at the provider, and what is left out stays as it is there. */
export function fromCustomerFields(fields: CustomerFields): Record<string, unknown> {
  return toWire(fields, fieldNames);
}

const fieldNames = Object.keys(wireNames) as FieldName[];

function toWire(fields: CustomerFields, names: FieldName[]): Record<string, unknown> {
  const given = names.filter((name) => fields[name] !== undefined);
  return Object.fromEntries(given.map((name) => [wireNames[name], toWireValue(name, fields[name] ?? null)]));
}

function toWireValue(name: FieldName, value: string | null): string | null {
  return name === "idType" ? (value?.toLowerCase() ?? null) : value;
}

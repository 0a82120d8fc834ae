// Where in a caller's input a field is that the provider complains about by its own name.

import type { PayoutCommand, PayoutDestination } from "./commands.js";

export type InputPath = string[];

const customerFields: ReadonlyMap<string, string> = new Map([
  ["type", "type"],
  ["first_name", "firstName"],
  ["last_name", "lastName"],
  ["business_name", "businessName"],
  ["email", "email"],
  ["country", "country"],
  ["id_type", "idType"],
  ["id_number", "idNumber"],
  ["id_issue_date", "idIssueDate"],
  ["id_expiry_date", "idExpiryDate"],
  ["registration_number", "registrationNumber"],
  ["incorporation_country", "incorporationCountry"],
  ["phone", "phone"],
  ["phone_number", "phone"],
  ["tin", "tin"],
  ["dob", "dateOfBirth"],
  ["date_of_birth", "dateOfBirth"],
  ["street", "street"],
  ["city", "city"],
  ["state", "state"],
  ["zip_code", "zipCode"],
]);

/** For createCustomer and updateCustomer. Null for what is no part of the input. */
export function toCustomerInputPath(field: string): InputPath | null {
  const name = customerFields.get(field);
  return name === undefined ? null : [name];
}

const address: [string, string][] = [
  ["street", "address.street"],
  ["city", "address.city"],
  ["state", "address.state"],
  ["zip_code", "address.zipCode"],
  ["country", "address.country"],
];

const usAccount: [string, string][] = [
  ["type", "holderType"],
  ["account_name", "accountName"],
  ["account_number", "accountNumber"],
  ["account_type", "accountType"],
  ["routing_number", "routingNumber"],
  ["bank_name", "bankName"],
  ...address,
];

const destinationFields: Record<PayoutDestination["kind"], ReadonlyMap<string, string>> = {
  ngnBank: new Map([
    ["bank_id", "bankId"],
    ["account_number", "accountNumber"],
  ]),
  gbpBank: new Map([
    ["account_name", "accountName"],
    ["account_number", "accountNumber"],
    ["sort_code", "sortCode"],
    ...address,
  ]),
  eurBank: new Map([["account_name", "accountName"], ["iban", "iban"], ["bic_code", "bic"], ...address]),
  ach: new Map(usAccount),
  wire: new Map([...usAccount, ["swift_code", "swiftCode"]]),
  interac: new Map([
    ["email", "email"],
    ["interac_first_name", "firstName"],
    ["interac_last_name", "lastName"],
  ]),
  mobileMoney: new Map([
    ["to_currency_id", "currency"],
    ["mobile_money_operator_id", "operatorId"],
    ["phone_number", "phoneNumber"],
    ["account_name", "accountName"],
  ]),
};

const payoutFields: ReadonlyMap<string, string> = new Map([
  ["customer_id", "customerId"],
  ["wallet_id", "walletId"],
  ["from_currency_id", "sourceCurrency"],
  ["to_currency_id", "destination"],
  ["method", "destination"],
  ["note", "note"],
]);

/** For createPayout. Null for what is no part of the input, like the reference that the gateway chose itself. */
export function toPayoutInputPath(field: string, { amount, destination }: PayoutCommand): InputPath | null {
  // Whichever of the two the provider names, the caller gave only one.
  if (field === "from_amount" || field === "to_amount") return ["amount", "send" in amount ? "send" : "receive"];
  const inDestination = destinationFields[destination.kind].get(field);
  if (inDestination !== undefined) return ["destination", destination.kind, ...inDestination.split(".")];
  const name = payoutFields.get(field);
  return name === undefined ? null : [name];
}

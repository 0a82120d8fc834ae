import type { PayoutDestination } from "../src/datasources/commands.js";
import { toCustomerInputPath, toPayoutInputPath } from "../src/datasources/input-paths.js";
import { payoutCommands } from "./support/payout-commands.js";

test.each([
  ["email", ["email"]],
  ["dob", ["dateOfBirth"]],
  ["zip_code", ["zipCode"]],
  ["id_type", ["idType"]],
  ["kyb_scope", null],
  ["constructor", null],
])("a complaint about a customer's %s leads to %j", (field, path) => {
  expect(toCustomerInputPath(field)).toEqual(path);
});

const cases: [PayoutDestination["kind"], string, string[] | null][] = [
  ["ngnBank", "account_number", ["destination", "ngnBank", "accountNumber"]],
  ["ngnBank", "bank_id", ["destination", "ngnBank", "bankId"]],
  ["gbpBank", "sort_code", ["destination", "gbpBank", "sortCode"]],
  ["gbpBank", "zip_code", ["destination", "gbpBank", "address", "zipCode"]],
  ["eurBank", "bic_code", ["destination", "eurBank", "bic"]],
  ["eurBank", "account_number", null],
  ["ach", "type", ["destination", "ach", "holderType"]],
  ["ach", "swift_code", null],
  ["wire", "swift_code", ["destination", "wire", "swiftCode"]],
  ["wire", "state", ["destination", "wire", "address", "state"]],
  ["interac", "interac_first_name", ["destination", "interac", "firstName"]],
  ["mobileMoney", "to_currency_id", ["destination", "mobileMoney", "currency"]],
  ["mobileMoney", "mobile_money_operator_id", ["destination", "mobileMoney", "operatorId"]],
  ["ngnBank", "to_currency_id", ["destination"]],
  ["ngnBank", "method", ["destination"]],
  ["ngnBank", "customer_id", ["customerId"]],
  ["ngnBank", "wallet_id", ["walletId"]],
  ["ngnBank", "from_currency_id", ["sourceCurrency"]],
  ["ngnBank", "from_amount", ["amount", "send"]],
  ["eurBank", "to_amount", ["amount", "receive"]],
  ["eurBank", "from_amount", ["amount", "receive"]],
  ["ngnBank", "merchant_reference", null],
];

test.each(cases)("for a payout to %s a complaint about %s leads to %j", (kind, field, path) => {
  expect(toPayoutInputPath(field, payoutCommands[kind])).toEqual(path);
});

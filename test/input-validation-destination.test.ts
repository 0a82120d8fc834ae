import "reflect-metadata";
import { destinationCurrency, destinationMethod } from "../src/schema/destination-currency.js";
import { validateInput } from "../src/schema/validate-input.js";
import { faultsOf } from "./support/faults.js";
import { address, destination, type Kind, payout, type Values } from "./support/valid-inputs.js";

test.each<[Kind, string, string]>([
  ["ngnBank", "BANK_TRANSFER", "NGN"],
  ["gbpBank", "BANK_TRANSFER", "GBP"],
  ["eurBank", "BANK_TRANSFER", "EUR"],
  ["ach", "ACH", "USD"],
  ["wire", "WIRE", "USD"],
  ["interac", "INTERAC", "CAD"],
  ["mobileMoney", "MOBILE_MONEY", "KES"],
])("a payout to %s is taken, by %s in %s", (kind, method, currency) => {
  const input = payout({ destination: destination(kind) });
  expect(faultsOf(input)).toEqual([]);
  expect(destinationMethod(input.destination)).toBe(method);
  expect(destinationCurrency(input.destination)).toBe(currency);
});

const badAddress = () => address({ street: "", city: "c".repeat(256), state: " ", zipCode: null, country: "USA" });

test.each<[Kind, Values, string[]]>([
  ["ngnBank", { bankId: "1/2", accountNumber: "022250069" }, ["INVALID accountNumber", "INVALID bankId"]],
  [
    "gbpBank",
    { accountName: "", accountNumber: "1234567", sortCode: "2000-00", address: badAddress() },
    [
      "INVALID accountNumber",
      "INVALID address.city",
      "INVALID address.country",
      "INVALID address.state",
      "INVALID sortCode",
      "REQUIRED accountName",
      "REQUIRED address.street",
      "REQUIRED address.zipCode",
    ],
  ],
  [
    "eurBank",
    { accountName: "\u0007", iban: "DE89370400440532013001", bic: "COBADEF", address: null },
    ["INVALID accountName", "INVALID bic", "INVALID iban", "REQUIRED address"],
  ],
  [
    "ach",
    { accountName: null, accountNumber: "12a", routingNumber: "021000022", bankName: " ", address: badAddress() },
    [
      "INVALID accountNumber",
      "INVALID address.city",
      "INVALID address.country",
      "INVALID routingNumber",
      "REQUIRED accountName",
      "REQUIRED address.state",
      "REQUIRED address.street",
      "REQUIRED address.zipCode",
      "REQUIRED bankName",
    ],
  ],
  [
    "wire",
    { accountNumber: "123456789012345678", routingNumber: "", swiftCode: "CHASUS3", address: address({ state: null }) },
    ["INVALID accountNumber", "INVALID swiftCode", "REQUIRED address.state", "REQUIRED routingNumber"],
  ],
  [
    "interac",
    { email: "jane.roe", firstName: "", lastName: "R".repeat(256) },
    ["INVALID email", "INVALID lastName", "REQUIRED firstName"],
  ],
  [
    "mobileMoney",
    { currency: "NGN", operatorId: "a b", phoneNumber: "0700000000", accountName: null },
    ["INVALID currency", "INVALID operatorId", "INVALID phoneNumber", "REQUIRED accountName"],
  ],
])("all faults of a payout to %s are said at once, with their paths", (kind, values, expected) => {
  const paths = expected.map((fault) => fault.replace(" ", ` destination.${kind}.`));
  expect(faultsOf(payout({ destination: destination(kind, values) }))).toEqual(paths);
});

test.each<[Kind, string, string]>([
  ["ngnBank", "accountNumber", "02225006911"],
  ["ngnBank", "accountNumber", "٠٢٢٢٥٠٠٦٩١"],
  ["gbpBank", "sortCode", "20 00 00"],
  ["gbpBank", "accountNumber", "123456789"],
  ["eurBank", "iban", "DE89 3704 0044 0532 0130 00"],
  ["eurBank", "iban", "de89370400440532013000"],
  ["eurBank", "iban", "BR1800360305000010009795493C1"],
  ["eurBank", "bic", "COBAXXFF"],
  ["ach", "routingNumber", "000000000"],
  ["ach", "routingNumber", "990000002"],
  ["ach", "routingNumber", "02100002"],
  ["wire", "swiftCode", "chasus33"],
  ["mobileMoney", "phoneNumber", "+25470"],
])("a payout to %s is refused for its %s %j, without repeating it", (kind, field, value) => {
  const faults = validateInput(payout({ destination: destination(kind, { [field]: value }) }));
  expect(faults).toMatchObject([{ field: ["destination", kind, field], code: "INVALID" }]);
  expect(faults[0]?.message).toContain(field);
  expect(faults[0]?.message).not.toContain(value);
});

test.each<[Kind, Values]>([
  ["gbpBank", { sortCode: "200000" }],
  ["eurBank", { iban: "IE29AIBK93115212345678", bic: "AIBKIE2D" }],
  ["eurBank", { iban: "GB82WEST12345698765432", bic: "BARCGB22XXX" }],
  ["ach", { routingNumber: "111000025", accountNumber: "1234" }],
  ["wire", { routingNumber: "322271627", swiftCode: "CHASUS33XXX" }],
  ["mobileMoney", { currency: "GHS", phoneNumber: "+233241234567" }],
  ["mobileMoney", { currency: "XOF", phoneNumber: "+2250700000000" }],
])("a payout to %s is taken with %j", (kind, values) => {
  expect(faultsOf(payout({ destination: destination(kind, values) }))).toEqual([]);
});

test("a payout goes to exactly one destination", () => {
  const both = Object.assign(destination("ngnBank"), destination("interac"));
  expect(faultsOf(payout({ destination: both }))).toEqual(["INVALID destination"]);
  const none = Object.assign(destination("ngnBank"), { ngnBank: null });
  expect(faultsOf(payout({ destination: none }))).toEqual(["REQUIRED destination"]);
  expect(faultsOf(payout({ destination: null }))).toEqual(["REQUIRED destination"]);
});

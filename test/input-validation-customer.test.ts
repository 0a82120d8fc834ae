import "reflect-metadata";
import { UpdateCustomerInput } from "../src/schema/update-customer.input.js";
import { validateInput } from "../src/schema/validate-input.js";
import { faultsOf } from "./support/faults.js";
import { business, individual } from "./support/valid-inputs.js";

function update(values: object): UpdateCustomerInput {
  return Object.assign(new UpdateCustomerInput(), { customerId: "5f0c1d7e-2b44", ...values });
}

function dayFromNow(days: number): string {
  return new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);
}

test("an individual with its identity document can be created", () => {
  expect(faultsOf(individual())).toEqual([]);
  const full = {
    idempotencyKey: "customer-1",
    idIssueDate: "2020-02-29",
    idExpiryDate: dayFromNow(400),
    dateOfBirth: "1985-04-22",
    phone: "+2348012345678",
    tin: "12345-0001",
    street: "1 Broad Street",
    city: "Lagos",
    state: "LA",
    zipCode: "100001",
  };
  expect(faultsOf(individual(full))).toEqual([]);
});

test("a business with its registration can be created", () => {
  expect(faultsOf(business())).toEqual([]);
});

test("all that an individual lacks and all that it must not have is said at once", () => {
  const input = individual({
    firstName: null,
    lastName: undefined,
    idType: null,
    idNumber: "  ",
    businessName: "Example Trading Ltd",
    registrationNumber: "RC123456",
    incorporationCountry: "NG",
  });
  expect(faultsOf(input)).toEqual([
    "INVALID businessName",
    "INVALID incorporationCountry",
    "INVALID registrationNumber",
    "REQUIRED firstName",
    "REQUIRED idNumber",
    "REQUIRED idType",
    "REQUIRED lastName",
  ]);
});

test("all that a business lacks and all that it must not have is said at once", () => {
  const input = business({
    businessName: "",
    registrationNumber: null,
    incorporationCountry: undefined,
    firstName: "Jane",
    lastName: "Roe",
    idType: "PASSPORT",
    idNumber: "A12345678",
    idIssueDate: "2020-01-01",
    idExpiryDate: dayFromNow(400),
    dateOfBirth: "1985-04-22",
  });
  expect(faultsOf(input)).toEqual([
    "INVALID dateOfBirth",
    "INVALID firstName",
    "INVALID idExpiryDate",
    "INVALID idIssueDate",
    "INVALID idNumber",
    "INVALID idType",
    "INVALID lastName",
    "REQUIRED businessName",
    "REQUIRED incorporationCountry",
    "REQUIRED registrationNumber",
  ]);
});

test("a business is refused where its country is not the one of its incorporation", () => {
  expect(faultsOf(business({ incorporationCountry: "GH" }))).toEqual(["INVALID incorporationCountry"]);
});

test.each([
  ["email", "jane.roe@"],
  ["email", "jane roe@example.com"],
  ["country", "XX"],
  ["country", "ng"],
  ["country", "NGA"],
  ["phone", "08012345678"],
  ["phone", "+2349"],
  ["phone", "+1 (415) 555-0123"],
  ["dateOfBirth", "2001-02-29"],
  ["dateOfBirth", "22/04/1985"],
  ["dateOfBirth", dayFromNow(0)],
  ["idIssueDate", dayFromNow(2)],
  ["idExpiryDate", dayFromNow(-1)],
  ["idExpiryDate", "2099-13-01"],
  ["firstName", "J".repeat(256)],
  ["firstName", "Jane\u0000"],
  ["lastName", "Roe\nDoe"],
  ["lastName", "\ud800"],
  ["street", " "],
  ["idempotencyKey", "two words"],
  ["idempotencyKey", "k".repeat(256)],
])("a customer's %s is refused for %j, without repeating it", (field, value) => {
  const faults = validateInput(individual({ [field]: value }));
  expect(faults).toMatchObject([{ field: [field], code: expect.stringMatching(/INVALID|REQUIRED/) }]);
  expect(faults[0]?.message).toContain(field);
  if (value.trim() !== "") expect(faults[0]?.message).not.toContain(value);
});

test("names of any script and of 255 characters are taken", () => {
  expect(faultsOf(individual({ firstName: "Адаобі 𝒥", lastName: "é".repeat(255) }))).toEqual([]);
});

test("an update keeps what it leaves out and clears what it sets to null", () => {
  expect(faultsOf(update({}))).toEqual([]);
  expect(faultsOf(update({ firstName: null, phone: null, street: null, zipCode: null }))).toEqual([]);
});

test("an update cannot clear the e-mail address", () => {
  expect(faultsOf(update({ email: null }))).toEqual(["REQUIRED email"]);
});

test("all faults of an update are said at once", () => {
  const input = update({ customerId: "../wallet", email: "x", phone: "123", lastName: "", city: "c".repeat(256) });
  expect(faultsOf(input)).toEqual([
    "INVALID city",
    "INVALID customerId",
    "INVALID email",
    "INVALID lastName",
    "INVALID phone",
  ]);
});

test.each(["a/b", "a\\b", "a?b", "a#b", "a%2fb", "..", ".", "a b", "a\tb", "\u202ea", "i".repeat(256)])(
  "an id of %j cannot become part of a URL",
  (customerId) => {
    expect(faultsOf(update({ customerId }))).toEqual(["INVALID customerId"]);
  },
);

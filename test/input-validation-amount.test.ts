import "reflect-metadata";
import fc from "fast-check";
import { CustomerFilter, PayoutFilter } from "../src/schema/filter.input.js";
import { PayoutQuoteInput } from "../src/schema/payout.input.js";
import { validateInput } from "../src/schema/validate-input.js";
import { faultsOf } from "./support/faults.js";
import { amount, destination, payout, type Values } from "./support/valid-inputs.js";

function quote(values: Values): PayoutQuoteInput {
  const valid = { sourceCurrency: "USD", targetCurrency: "NGN", amount: amount({ send: "1" }) };
  return Object.assign(new PayoutQuoteInput(), { ...valid, ...values });
}

test.each(["0.1", "612.88", "20.0", "9007199254740993.01", "999999999999999999.99", "0.01", "100"])(
  "%s USD can be sent",
  (send) => {
    expect(faultsOf(payout({ amount: amount({ send }) }))).toEqual([]);
  },
);

test.each(["0", "0.00", "-1", "-0.01", "1000000000000000000", "1e5", "0.001", "612.880"])(
  "%s USD cannot be sent",
  (send) => {
    expect(faultsOf(payout({ amount: amount({ send }) }))).toEqual(["INVALID amount.send"]);
  },
);

test("what is sent may have the decimals of the wallet's currency", () => {
  expect(faultsOf(payout({ sourceCurrency: "XOF", amount: amount({ send: "100" }) }))).toEqual([]);
  expect(faultsOf(payout({ sourceCurrency: "XOF", amount: amount({ send: "100.5" }) }))).toEqual([
    "INVALID amount.send",
  ]);
  expect(faultsOf(payout({ sourceCurrency: "KWD", amount: amount({ send: "1.125" }) }))).toEqual([]);
});

test("what is received may have the decimals of the destination's currency", () => {
  const receive = amount({ receive: "100.5" });
  const ugx = destination("mobileMoney", { currency: "UGX", phoneNumber: "+256712345678" });
  expect(faultsOf(payout({ amount: receive, destination: destination("mobileMoney") }))).toEqual([]);
  expect(faultsOf(payout({ amount: receive, destination: ugx }))).toEqual(["INVALID amount.receive"]);
});

test("an amount is given from exactly one end", () => {
  expect(faultsOf(payout({ amount: amount({ send: "1", receive: "1" }) }))).toEqual(["INVALID amount"]);
  expect(faultsOf(payout({ amount: amount({ send: "1", receive: null }) }))).toEqual([]);
  expect(faultsOf(payout({ amount: amount({}) }))).toEqual(["REQUIRED amount"]);
  expect(faultsOf(payout({ amount: undefined }))).toEqual(["REQUIRED amount"]);
});

test("faults of amount, currency, ids, key, note and destination are said at once", () => {
  const input = payout({
    idempotencyKey: "",
    customerId: "a?b",
    walletId: null,
    sourceCurrency: "usd",
    amount: amount({ send: "0" }),
    destination: destination("interac", { email: "x" }),
    note: "n".repeat(256),
  });
  expect(faultsOf(input)).toEqual([
    "INVALID amount.send",
    "INVALID customerId",
    "INVALID destination.interac.email",
    "INVALID note",
    "INVALID sourceCurrency",
    "REQUIRED idempotencyKey",
    "REQUIRED walletId",
  ]);
});

test("a quote takes two currencies and an amount in either of them", () => {
  expect(faultsOf(quote({}))).toEqual([]);
  expect(faultsOf(quote({ targetCurrency: "UGX", amount: amount({ receive: "1.5" }) }))).toEqual([
    "INVALID amount.receive",
  ]);
  expect(faultsOf(quote({ sourceCurrency: "QQQ", targetCurrency: "", amount: amount({}) }))).toEqual([
    "INVALID sourceCurrency",
    "REQUIRED amount",
    "REQUIRED targetCurrency",
  ]);
});

test("a destination that is no instance of its class is refused, not passed unchecked", () => {
  const plain = { ngnBank: { bankId: "1", accountNumber: "not checked" } };
  expect(faultsOf(payout({ destination: plain }))).toEqual(["INVALID destination"]);
});

test("filters are checked for ids, currency and the order of their instants", () => {
  const [earlier, later] = [new Date("2026-01-01T00:00:00Z"), new Date("2026-01-02T00:00:00Z")];
  const filter = (values: Values) => Object.assign(new PayoutFilter(), values);
  expect(faultsOf(filter({ createdFrom: earlier, createdTo: later, currency: "NGN", walletId: "w-1" }))).toEqual([]);
  expect(faultsOf(filter({ createdFrom: later, createdTo: earlier, currency: "ngn", walletId: "a/b" }))).toEqual([
    "INVALID createdTo",
    "INVALID currency",
    "INVALID walletId",
  ]);
  expect(faultsOf(Object.assign(new CustomerFilter(), { search: "s".repeat(256) }))).toEqual(["INVALID search"]);
  expect(faultsOf(new CustomerFilter())).toEqual([]);
});

test("whatever a text field holds, its faults do not repeat it", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", minLength: 6 }), (text) => {
      const faults = validateInput(
        payout({ note: text, destination: destination("ngnBank", { accountNumber: text }) }),
      );
      expect(faults).toContainEqual(expect.objectContaining({ field: ["destination", "ngnBank", "accountNumber"] }));
      for (const { message } of faults) expect(message).not.toContain(text);
    }),
  );
});

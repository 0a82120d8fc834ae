import "reflect-metadata";
import Big from "big.js";
import fc from "fast-check";
import { currencyDigits, toCurrencyAmount } from "../src/schema/currency-digits.js";

test.each([
  ["0.1", "USD", "0.10"],
  ["612.88", "USD", "612.88"],
  ["20.0", "GBP", "20.00"],
  ["9007199254740993.01", "NGN", "9007199254740993.01"],
  ["9007199254740993", "EUR", "9007199254740993.00"],
  ["-5", "KES", "-5.00"],
  ["100", "XOF", "100"],
  ["100", "UGX", "100"],
  ["1.5", "KWD", "1.500"],
  ["0.123456", "USD", "0.123456"],
  ["12.5", "USDT", "12.5"],
  ["20.0", "XOF", "20"],
  ["0.1000", "USD", "0.10"],
])("%s %s is shown as %s", (decimal, currency, shown) => {
  expect(toCurrencyAmount(decimal, currency)).toBe(shown);
});

const currency = fc.constantFrom("NGN", "GBP", "EUR", "USD", "CAD", "KES", "UGX", "TZS", "XOF", "GHS", "KWD", "JPY");

test("a currency amount is the decimal that went in, with at least the currency's decimals", () => {
  const decimal = fc.stringMatching(/^-?(0|[1-9]\d{0,29})(\.\d{1,18})?$/);
  fc.assert(
    fc.property(decimal, currency, (value, code) => {
      const shown = toCurrencyAmount(value, code);
      expect(new Big(shown).eq(new Big(value))).toBe(true);
      expect(shown.split(".")[1]?.length ?? 0).toBeGreaterThanOrEqual(currencyDigits(code));
      expect(toCurrencyAmount(shown, code)).toBe(shown);
    }),
  );
});

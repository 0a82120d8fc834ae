import { currencyDigits, decimalPlaces } from "./currency-digits.js";
import { Faults } from "./faults.decorator.js";
import { currency as currencyRule, type TextRule } from "./text-rules.js";

const MAX_INTEGER_DIGITS = 18;

export const positiveAmount: TextRule = (text) => {
  if (!/^\d+(\.\d+)?$/.test(text) || !/[1-9]/.test(text)) {
    return "must be more than zero";
  }
  const integerDigits = text.split(".")[0]?.replace(/^0+/, "").length ?? 0;
  return integerDigits > MAX_INTEGER_DIGITS ? `must have at most ${MAX_INTEGER_DIGITS} digits before the point` : null;
};

/** A part of an amount with no more decimals than its currency has. The currency's own rule is kept where it stands. */
export function DecimalsWithin<Input extends object>(
  part: "send" | "receive",
  currencyOf: (input: Input) => string | null,
): PropertyDecorator {
  return Faults(`decimalsOf:${part}`, (value, input) => {
    const decimal: unknown = typeof value === "object" && value !== null ? Reflect.get(value, part) : undefined;
    const code = currencyOf(input as Input);
    if (typeof decimal !== "string" || typeof code !== "string" || currencyRule(code) !== null) {
      return [];
    }
    const digits = currencyDigits(code);
    if (decimalPlaces(decimal) <= digits) {
      return [];
    }
    const limit = digits === 0 ? "no decimals" : `at most ${digits} decimals`;
    return [{ code: "INVALID", message: `${part} must have ${limit} in its currency.`, path: [part] }];
  });
}

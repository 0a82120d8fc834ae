// The kinds of value in the provider's answers, with the looseness that its documentation, its samples and its
// versions ask for.

import { isLosslessNumber, type LosslessNumber } from "lossless-json";
import { z } from "zod";
import { toDecimalText } from "./exact-number.js";
import { toDate } from "./provider-time.js";

const exactNumber = z.custom<LosslessNumber>(isLosslessNumber, "Expected a number.");

/** Some ids and account numbers come as numbers. */
export const text = z.union([z.string(), exactNumber.transform((number) => number.value)]);

export const id = text.refine((value) => value !== "");

export const decimal = z.union([z.string(), exactNumber]).transform((value, context) => {
  try {
    return toDecimalText(value);
  } catch {
    context.addIssue({ code: "custom", message: "Expected a decimal number." });
    return z.NEVER;
  }
});

/** For page and second counts, never for money. */
export const wholeNumber = text.transform(Number).refine(Number.isSafeInteger);

/** A time that cannot be read says nothing; it is no reason to lose the rest of an answer. */
export const time = text
  .nullish()
  .transform((value) => {
    try {
      return value ? toDate(value) : undefined;
    } catch {
      return undefined;
    }
  })
  .catch(undefined);

export const flag = z.union([z.boolean(), text.transform((value) => value === "1" || value.toLowerCase() === "true")]);

/** `{message, data}` in one version, the bare value in another. */
export function underData<Schema extends z.ZodType>(schema: Schema) {
  return z.preprocess((answer) => {
    const isEnvelope = typeof answer === "object" && answer !== null && "data" in answer && answer.data !== null;
    return isEnvelope ? answer.data : answer;
  }, schema);
}

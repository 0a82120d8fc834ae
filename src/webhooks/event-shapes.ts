// What the provider writes into its webhooks about payouts and customers. Every field that it may leave out, it has
// left out somewhere, so only what an event means nothing without is required.

import { isLosslessNumber, type LosslessNumber } from "lossless-json";
import { z } from "zod";
import { toDecimalText } from "../datasources/exact-number.js";
import { toDate } from "../datasources/provider-time.js";

/** What is null or empty says nothing: it must not wipe what is known from elsewhere. */
function optional<T extends z.ZodType>(shape: T) {
  return z.preprocess((value) => (value === null || value === "" ? undefined : value), shape.optional());
}

const exactNumber = z.custom<LosslessNumber>(isLosslessNumber, "expected a number");

/** Ids and answers come as text or as a number. */
const text = z.union([z.string().min(1), exactNumber.transform((number) => number.value)], "expected text or a number");

const decimal = z.union([z.string(), exactNumber], "expected a decimal number").transform((value, context) => {
  try {
    return toDecimalText(value);
  } catch {
    context.addIssue({ code: "custom", message: "expected a decimal number" });
    return z.NEVER;
  }
});

const instant = z.string().transform((value, context) => {
  try {
    return toDate(value);
  } catch {
    context.addIssue({ code: "custom", message: "expected an ISO 8601 time" });
    return z.NEVER;
  }
});

const currency = z
  .string()
  .regex(/^[A-Za-z]{3}$/, "expected a currency code")
  .transform((code) => code.toUpperCase());

/** An empty object can arrive as an empty list. */
function record<T extends z.ZodRawShape>(shape: T) {
  const isEmptyList = (value: unknown) => Array.isArray(value) && value.length === 0;
  return z.preprocess((value) => (isEmptyList(value) ? undefined : (value ?? undefined)), z.object(shape).optional());
}

export const payoutEvent = z
  .object({
    transaction_id: optional(text),
    merchant_reference: optional(text),
    transaction_reference: optional(text),
    transaction_status: z.string().min(1),
    transaction_amount: optional(decimal),
    transaction_fee: optional(decimal),
    transaction_currency: optional(currency),
    customer_id: optional(text),
    recipient: record({
      account_number: optional(text),
      iban: optional(text),
      sort_code: optional(text),
      routing_number: optional(text),
      account_name: optional(text),
      bank_name: optional(text),
      email: optional(text),
      phone_number: optional(text),
      amount: optional(decimal),
    }),
    extras: record({ interac_instruction: record({ question: optional(text), answer: optional(text) }) }),
    // No status is worth losing for these.
    message: optional(z.string()).catch(undefined),
    failure_reason: optional(z.string()).catch(undefined),
    timestamp: optional(instant).catch(undefined),
  })
  .refine((event) => event.transaction_id !== undefined || event.merchant_reference !== undefined, {
    path: ["transaction_id"],
    message: "expected an id or a reference to know the payout by",
  });

export const customerEvent = z.object({
  customer_id: text,
  customer_email: optional(z.string()),
  new_status: z.string().min(1),
  comment: optional(z.string()).catch(undefined),
  updated_at: optional(instant),
});

export type PayoutEventBody = z.output<typeof payoutEvent>;
export type CustomerEventBody = z.output<typeof customerEvent>;

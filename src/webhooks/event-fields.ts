// What the provider writes into its webhooks about payouts and customers, in all the spellings that it uses.

import { currency, decimal, type FieldsOf, moment, text, within } from "../datasources/field-reader.js";
import { transactionNames } from "../datasources/provider-transaction.js";

const nothing = { nestedIn: [], id: [] };

const recipient = {
  ...nothing,
  fields: {
    account_number: text("account_number"),
    iban: text("iban"),
    sort_code: text("sort_code"),
    routing_number: text("routing_number"),
    account_name: text("account_name"),
    bank_name: text("bank_name"),
    email: text("email"),
    phone_number: text("phone_number", "phone"),
    amount: decimal("amount"),
  },
};

const interacInstruction = { ...nothing, fields: { question: text("question"), answer: text("answer") } };
const extras = { ...nothing, fields: { interac_instruction: within(interacInstruction, "interac_instruction") } };
const idAlone = { ...nothing, fields: { id: text("id") } };

const payoutId = ["transaction_id", "payout_id", "business_transaction_id", ".id"];

export const payoutEvent = {
  nestedIn: transactionNames.nestedIn,
  id: [...payoutId, "merchant_reference", "transaction_reference"],
  fields: {
    transaction_id: text(...payoutId),
    merchant_reference: text("merchant_reference"),
    transaction_reference: text("transaction_reference", ".reference"),
    status: text(...transactionNames.status),
    /** Around the payout: it can also be about the request. */
    outer_status: text("status"),
    transaction_amount: decimal(...transactionNames.amount),
    transaction_fee: decimal(...transactionNames.fee),
    transaction_currency: currency(...transactionNames.currency),
    customer_id: text(...transactionNames.customerId),
    customer: within(idAlone, "customer"),
    recipient: within(recipient, "recipient"),
    extras: within(extras, "extras"),
    message: text("message"),
    failure_reason: text("failure_reason"),
    timestamp: moment("occurred_at", "timestamp"),
  },
};

const customerId = ["customer_id", "business_customer_id", ".id"];

export const customerEvent = {
  nestedIn: ["customer"],
  id: customerId,
  fields: {
    customer_id: text(...customerId),
    customer_email: text("customer_email", ".email"),
    /** Of the verification alone. */
    new_status: text("new_status", "verification_status", "customer_status"),
    /** In an event of another name it can be the status of something else. */
    status: text(".status"),
    outer_status: text("status"),
    comment: text("comment"),
    updated_at: moment("updated_at", "occurred_at"),
  },
};

export type PayoutEventFields = FieldsOf<typeof payoutEvent>;
export type CustomerEventFields = FieldsOf<typeof customerEvent>;

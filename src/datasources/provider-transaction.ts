// The provider's transaction, the only form in which it shows a payout: in the answer to a new one, by look-up, in lists.

import type { z } from "zod";
import type { MoneyValue, PayoutChange, RecipientDetails } from "./changes.js";
import { isSameAmount } from "./exact-number.js";
import { day, decimal, type FieldsOf, recordOf, text, within } from "./field-reader.js";
import type { ProviderClient } from "./provider-client.js";
import { toPayoutStatus } from "./status-words.js";

const recipientFields = {
  nestedIn: [],
  id: [],
  fields: {
    account_number: text("account_number", "iban"),
    account_name: text("account_name"),
    bank_name: text("bank_name"),
    email: text("email"),
    amount: decimal("amount"),
    currency: text("currency"),
  },
};
type ProviderRecipient = FieldsOf<typeof recipientFields>;

export const transactionNames = {
  nestedIn: ["transaction", "payout"],
  id: [".id", "transaction_id", "payout_id"],
  status: ["transaction_status", "payout_status", "new_status", ".status"],
  customerId: ["business_customer_id", "customer_id"],
  amount: ["transaction_amount", ".amount"],
  fee: ["transaction_fee", ".fee"],
  currency: ["transaction_currency", ".currency"],
};

const transactionFields = {
  nestedIn: transactionNames.nestedIn,
  id: transactionNames.id,
  fields: {
    id: text(...transactionNames.id),
    type: text(".type", "transaction_type"),
    status: text(...transactionNames.status),
    reference: text(".reference", "transaction_reference"),
    merchant_reference: text("merchant_reference"),
    business_customer_id: text(...transactionNames.customerId),
    business_wallet_id: text("business_wallet_id", "wallet_id"),
    currency: text(...transactionNames.currency),
    amount: decimal(...transactionNames.amount),
    fee: decimal(...transactionNames.fee),
    rate: decimal(".rate"),
    date: day(".date", "transaction_date", "created_at"),
    recipient: within(recipientFields, "recipient"),
  },
};

/** Missing and unreadable fields are undefined. */
export const providerTransaction = recordOf(transactionFields, { required: ["id"] });
/** The answer to a new payout has to prove that it is about that payout. */
export const newTransaction = recordOf(transactionFields, {
  required: ["id"],
  readable: ["merchant_reference", "business_customer_id", "currency", "amount", "recipient"],
});
export type ProviderTransaction = z.output<typeof providerTransaction>;

/** Without a type it is the answer to a new payout. */
export function isPayout({ type }: ProviderTransaction): boolean {
  return (
    type === null ||
    type === undefined ||
    ["PAYOUT", "SENDMONEY"].includes(type.replaceAll(/[\s_-]/g, "").toUpperCase())
  );
}

/** What is null in a transaction is often only not known in that place, so it is left unsaid and erases nothing. */
export function toPayoutChange(transaction: ProviderTransaction, provider: ProviderClient): PayoutChange {
  const status = provider.understand(toPayoutStatus, transaction.status);
  const unknownStatus = status === undefined && transaction.status ? transaction.status : undefined;
  const { currency, recipient } = transaction;
  const amount = toMoney(transaction.amount, currency);
  const fee = toMoney(transaction.fee, currency);
  const rate = toRate(transaction);
  return {
    kind: "payout",
    transactionId: transaction.id,
    ...(transaction.merchant_reference ? { merchantReference: transaction.merchant_reference } : {}),
    ...(status ? { status } : {}),
    ...(unknownStatus ? { unknownStatus } : {}),
    // A transaction's date is the day it was made, not the moment it reached its status.
    occurredAt: null,
    details: {
      ...(transaction.reference ? { reference: transaction.reference } : {}),
      ...(transaction.business_customer_id ? { customerId: transaction.business_customer_id } : {}),
      ...(transaction.business_wallet_id ? { walletId: transaction.business_wallet_id } : {}),
      ...(amount ? { amount } : {}),
      ...(fee ? { fee } : {}),
      ...(rate ? { rate } : {}),
      ...(recipient ? { recipient: toRecipient(recipient) } : {}),
      ...(transaction.date ? { createdAt: transaction.date } : {}),
    },
  };
}

function toMoney(amount: string | null | undefined, currency: string | null | undefined): MoneyValue | undefined {
  return amount && currency ? { amount, currency: currency.toUpperCase() } : undefined;
}

/** A rate of one between a currency and itself says nothing, and only some answers bring it. */
function toRate({ rate, currency, recipient }: ProviderTransaction): string | undefined {
  if (!rate) return undefined;
  const isSameCurrency = Boolean(currency) && currency?.toUpperCase() === recipient?.currency?.toUpperCase();
  return isSameCurrency && isSameAmount(rate, "1") ? undefined : rate;
}

function toRecipient(recipient: ProviderRecipient): RecipientDetails {
  return {
    ...(recipient.account_name ? { accountName: recipient.account_name } : {}),
    ...(recipient.account_number ? { accountNumber: recipient.account_number } : {}),
    ...(recipient.bank_name ? { bankName: recipient.bank_name } : {}),
    ...(recipient.email ? { email: recipient.email } : {}),
    ...(recipient.amount ? { amount: recipient.amount } : {}),
    ...(recipient.currency ? { currency: recipient.currency.toUpperCase() } : {}),
  };
}

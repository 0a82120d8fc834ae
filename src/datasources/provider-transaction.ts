// The provider's transaction, the only form in which it shows a payout: in the answer to a new one, by look-up, in lists.

import { z } from "zod";
import type { MoneyValue, PayoutChange, RecipientDetails } from "./changes.js";
import { isSameAmount } from "./exact-number.js";
import type { ProviderClient } from "./provider-client.js";
import { decimal, id, text, time } from "./provider-fields.js";
import { toPayoutStatus } from "./status-words.js";

const providerRecipient = z.object({
  account_number: text.nullish(),
  account_name: text.nullish(),
  bank_name: text.nullish(),
  email: text.nullish(),
  amount: decimal.nullish(),
  currency: text.nullish(),
});

export const providerTransaction = z.object({
  id,
  type: text.nullish(),
  status: text.nullish(),
  reference: text.nullish(),
  merchant_reference: text.nullish(),
  business_customer_id: text.nullish(),
  business_wallet_id: text.nullish(),
  currency: text.nullish(),
  amount: decimal.nullish(),
  fee: decimal.nullish(),
  rate: decimal.nullish(),
  date: time,
  recipient: providerRecipient.nullish(),
});
export type ProviderTransaction = z.output<typeof providerTransaction>;

/** Without a type it is the answer to a new payout. */
export function isPayout({ type }: ProviderTransaction): boolean {
  return type === null || type === undefined || ["PAYOUT", "SEND_MONEY"].includes(type.toUpperCase());
}

/** What is null in a transaction is often only not known in that place, so it is left unsaid and erases nothing. */
export function toPayoutChange(transaction: ProviderTransaction, provider: ProviderClient): PayoutChange {
  const status = provider.understand(toPayoutStatus, transaction.status);
  const { currency, recipient } = transaction;
  const amount = toMoney(transaction.amount, currency);
  const fee = toMoney(transaction.fee, currency);
  const rate = toRate(transaction);
  return {
    kind: "payout",
    transactionId: transaction.id,
    ...(transaction.merchant_reference ? { merchantReference: transaction.merchant_reference } : {}),
    ...(status ? { status } : {}),
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

function toRecipient(recipient: z.output<typeof providerRecipient>): RecipientDetails {
  return {
    ...(recipient.account_name ? { accountName: recipient.account_name } : {}),
    ...(recipient.account_number ? { accountNumber: recipient.account_number } : {}),
    ...(recipient.bank_name ? { bankName: recipient.bank_name } : {}),
    ...(recipient.email ? { email: recipient.email } : {}),
    ...(recipient.amount ? { amount: recipient.amount } : {}),
    ...(recipient.currency ? { currency: recipient.currency.toUpperCase() } : {}),
  };
}

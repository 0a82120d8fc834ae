import { toApiTime } from "./api-time.js";
import { businessId } from "./business.js";
import { toExactNumber } from "./exact-json.js";
import type { PayoutRecord } from "./payouts.js";

/** What creating a payout answers. */
export function toNewTransaction(payout: PayoutRecord, isReferenceEchoed: boolean): Record<string, unknown> {
  const { recipient } = payout;
  return {
    ...toCommon(payout, isReferenceEchoed),
    rate: toExactNumber(payout.rate),
    recipient: {
      id: recipient.id,
      account_number: recipient.accountNumber,
      account_name: recipient.accountName,
      amount: toExactNumber(recipient.amount),
      currency: payout.toCurrency,
      bank_name: recipient.bankName,
      bank_code: recipient.bankCode,
    },
  };
}

/** A transaction as it is read and listed. Within one currency its rate is null. */
export function toTransactionRow(payout: PayoutRecord, isReferenceEchoed: boolean): Record<string, unknown> {
  const { recipient } = payout;
  return {
    ...toCommon(payout, isReferenceEchoed),
    type: "payout",
    external_reference: payout.externalReference,
    rate: payout.fromCurrency === payout.toCurrency ? null : toExactNumber(payout.rate),
    payee_collection_email: null,
    source_information: {
      collection_email: null,
      collection_name: null,
      account_name: null,
      account_number: null,
      bank_name: null,
      sort_code: null,
      bank_swift_code: null,
      description: null,
      narration: null,
    },
    swap_details: null,
    refund_status: null,
    recipient: {
      id: recipient.id,
      account_number: recipient.accountNumber,
      account_name: recipient.accountName,
      amount: toExactNumber(recipient.amount),
      currency: payout.toCurrency,
      bank_name: recipient.bankName,
      bank_code: recipient.bankCode,
      status: payout.status,
      routing_number: recipient.routingNumber,
      email: recipient.email,
    },
  };
}

function toCommon(payout: PayoutRecord, isReferenceEchoed: boolean): Record<string, unknown> {
  return {
    id: payout.id,
    business_id: businessId,
    business_customer_id: payout.customerId,
    business_wallet_id: payout.walletId,
    status: payout.status,
    reference: payout.reference,
    merchant_reference: isReferenceEchoed ? payout.merchantReference : undefined,
    currency: payout.fromCurrency,
    amount: toExactNumber(payout.amount),
    amount_without_fee: toExactNumber(payout.amountWithoutFee),
    fee: toExactNumber(payout.fee),
    date: toApiTime(payout.createdAt),
  };
}

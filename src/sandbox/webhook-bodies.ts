// The events as the provider words them: flat, the discriminator in `type` or `event_type`.
import { randomUUID } from "node:crypto";
import { toWebhookTime } from "./api-time.js";
import type { CustomerRecord, CustomerStatus } from "./customers.js";
import { toExactNumber } from "./exact-json.js";
import type { PayoutRecord, PayoutStatus } from "./payouts.js";

export type WebhookBody = Record<string, unknown>;

const payoutMessages: Record<PayoutStatus, string> = {
  PENDING: "Transaction Initiated",
  PROCESSING: "Transaction Processing",
  SUCCESSFUL: "Transaction Completed",
  FAILED: "Transaction Failed",
};

export function toCustomerWebhook(
  customer: CustomerRecord,
  oldStatus: CustomerStatus,
  comment: string | null,
): WebhookBody {
  return {
    message: "Customer verification status updated",
    event_type: "customer.status_changed",
    customer_id: customer.id,
    customer_email: customer.fields.email,
    old_status: oldStatus,
    new_status: customer.status,
    comment,
    updated_at: toWebhookTime(customer.updatedAt),
    event_id: randomUUID(),
    type: "customer",
  };
}

/** PENDING is announced as `payout_initiated`, anything later as `payout`. */
export function toPayoutWebhook(payout: PayoutRecord, isReferenceEchoed: boolean): WebhookBody {
  const isInitiated = payout.status === "PENDING";
  const isFinal = payout.status === "SUCCESSFUL";
  const body: WebhookBody = {
    message: payoutMessages[payout.status],
    transaction_id: payout.id,
    transaction_reference: payout.reference,
  };
  if (payout.interac !== null && isFinal) body.interac_reference = payout.externalReference;
  if (isReferenceEchoed) body.merchant_reference = payout.merchantReference;
  Object.assign(body, {
    transaction_status: payout.status,
    transaction_fee: toExactNumber(payout.fee),
    transaction_amount_without_fee: toExactNumber(payout.amountWithoutFee),
    transaction_amount: toExactNumber(payout.amount),
    transaction_currency: payout.fromCurrency,
    customer_id: payout.customerId,
    recipient: toWebhookRecipient(payout),
  });
  // The first and the last event of an Interac payout share their id, as in the published samples.
  const isPaired = payout.interac !== null && (isInitiated || isFinal);
  if (isPaired) body.extras = { interac_instruction: payout.interac };
  body.event_id = isPaired ? payout.pairedEventId : randomUUID();
  body.type = isInitiated ? "payout_initiated" : "payout";
  if (isInitiated) {
    body.developer_note = "Not a final webhook; the confirmation webhook follows when the transaction completes.";
  }
  return body;
}

export function toInteracCollectionWebhook(payerEmail: string, amount: string): WebhookBody {
  return {
    message: "Transaction Completed",
    transaction_id: randomUUID(),
    transaction_reference: randomUUID(),
    merchant_reference: null,
    transaction_status: "SUCCESSFUL",
    transaction_fee: toExactNumber("0"),
    transaction_amount_without_fee: toExactNumber(amount),
    transaction_amount: toExactNumber(amount),
    transaction_currency: "CAD",
    payee_collection_email: "collections@example.com",
    source_information: { collection_email: payerEmail, collection_name: "Sample Payer" },
    event_id: randomUUID(),
    type: "collection",
  };
}

/** The recipient's amount is in its own currency, which the event does not name. */
function toWebhookRecipient({ recipient, toCurrency }: PayoutRecord): Record<string, unknown> {
  const common = {
    account_number: recipient.accountNumber,
    account_name: recipient.accountName,
    bank_name: recipient.bankName,
  };
  const amount = toExactNumber(recipient.amount);
  if (toCurrency === "GBP") return { ...common, sort_code: recipient.sortCode, amount };
  if (toCurrency === "EUR") return { ...common, iban: recipient.iban, amount };
  if (toCurrency === "USD") {
    return { ...common, routing_number: recipient.routingNumber, wallet_address: null, amount };
  }
  return { ...common, amount };
}

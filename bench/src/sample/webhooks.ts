// Webhooks as the provider would send them of the sample payouts: worded and signed in the same way.

import { createHmac, randomUUID } from "node:crypto";
import type { LoadRequest } from "../load/http-load.js";
import { type SamplePayout, samplePayout } from "./sample-data.js";

const messages = { PROCESSING: "Transaction Processing", SUCCESSFUL: "Transaction Completed" };

/** Each is about a payout that no other one is about, so each changes something. */
export class WebhookFeed {
  readonly #customers: number;
  readonly #payouts: number;
  readonly #secret: string;
  #next = 0;

  constructor({ customers, payouts }: { customers: number; payouts: number }, secret: string) {
    this.#customers = customers;
    this.#payouts = payouts;
    this.#secret = secret;
  }

  /** The payout's customer is the next one in turn. */
  take(): { payout: SamplePayout; request: LoadRequest } {
    if (this.#next >= this.#payouts) throw new Error("There are no more payouts to send webhooks about.");
    const payout = samplePayout(this.#next, this.#customers, "PENDING");
    this.#next += 1;
    return { payout, request: signedWebhook(payout, "PROCESSING", this.#secret) };
  }

  takeRequests(count: number): LoadRequest[] {
    return Array.from({ length: count }, () => this.take().request);
  }
}

function signedWebhook(payout: SamplePayout, status: keyof typeof messages, secret: string): LoadRequest {
  const body = JSON.stringify({
    message: messages[status],
    transaction_id: payout.transactionId,
    transaction_reference: payout.reference,
    merchant_reference: payout.merchantReference,
    transaction_status: status,
    transaction_fee: Number(payout.fee.amount),
    transaction_amount_without_fee: Number(payout.recipient.amount.amount),
    transaction_amount: Number(payout.amount.amount),
    transaction_currency: payout.amount.currency,
    customer_id: payout.customerId,
    recipient: {
      account_number: payout.recipient.accountNumber,
      account_name: payout.recipient.accountName,
      bank_name: payout.recipient.bankName,
      amount: Number(payout.recipient.amount.amount),
    },
    event_id: randomUUID(),
    type: "payout",
  });
  const timestamp = String(Math.floor(Date.now() / 1000));
  const signature = createHmac("sha256", secret).update(`${timestamp}.${body}`).digest("hex");
  return { body, headers: { "x-blaaiz-timestamp": timestamp, "x-blaaiz-signature": signature } };
}

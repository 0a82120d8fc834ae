import { randomInt, randomUUID } from "node:crypto";
import { Big } from "big.js";
import { FieldErrors, refused } from "./api-error.js";
import { businessName } from "./business.js";
import type { Customers } from "./customers.js";
import { customerMagicOf, payoutMagicOf } from "./magic-values.js";
import { toRecipient } from "./payout-destination.js";
import type { PayoutRequest } from "./payout-fields.js";
import type { PayoutProgress } from "./payout-progress.js";
import type { PayoutRecord, Payouts } from "./payouts.js";
import { payoutMethods, priceOf } from "./pricing.js";
import type { StateFile } from "./state-file.js";
import type { Wallets } from "./wallets.js";

const usedReference = "Could not proceed. Kindly check your merchant reference and try again";

export interface PayoutAcceptanceParts {
  db: StateFile;
  customers: Customers;
  wallets: Wallets;
  payouts: Payouts;
  progress: PayoutProgress;
  isReferenceKept: boolean;
}

/** Decides on a well-formed payout request; what is accepted is booked, debited and under way in one transaction. */
export class PayoutAcceptance {
  readonly #parts: PayoutAcceptanceParts;

  constructor(parts: PayoutAcceptanceParts) {
    this.#parts = parts;
  }

  accept(request: PayoutRequest): PayoutRecord {
    return this.#parts.db.transaction(() => {
      this.#checkReference(request.merchantReference);
      this.#checkCustomer(request);
      this.#checkRoute(request);
      const payout = this.#toPayout(request);
      this.#book(payout);
      return this.#parts.progress.start(payout);
    })();
  }

  #checkReference(merchantReference: string | null): void {
    if (merchantReference === null || !this.#parts.isReferenceKept) return;
    if (!this.#parts.payouts.hasMerchantReference(merchantReference)) return;
    const errors = new FieldErrors();
    errors.add("merchant_reference", usedReference);
    errors.throwIfAny();
  }

  #checkCustomer({ customerId, to }: PayoutRequest): void {
    const customer = this.#parts.customers.find(customerId);
    if (customer === undefined) throw refused(404, "Customer not found");
    if (customer.status !== "VERIFIED") throw refused(400, "The customer has not been verified yet.");
    const magic = customerMagicOf(customer.fields.email ?? "");
    if (magic.has("enhanced-review")) throw refused(400, "The customer is under enhanced due diligence.");
    if (!magic.has("no-account")) return;
    if (to.code === "USD") throw refused(400, "Cannot facilitate USD payout for this customer.");
    if (to.code === "GBP" || to.code === "EUR") {
      throw refused(
        400,
        `The virtual bank account for ${to.code} for your business customer is not active yet. Please wait for it to be activated.`,
      );
    }
  }

  #checkRoute({ walletId, method, from, to, note, destination }: PayoutRequest): void {
    const wallet = this.#parts.wallets.find(walletId);
    if (wallet === undefined) throw refused(400, "Wallet not found.");
    if (wallet.currency !== from.code) throw refused(400, "The wallet does not hold the source currency.");
    if (payoutMethods[to.code]?.includes(method) !== true) {
      throw refused(400, `The method ${method} is not available for ${to.code}.`);
    }
    const magic = payoutMagicOf(note);
    if (magic.has("test-insufficient-funds")) throw refused(400, "Insufficient funds.");
    // The enquiry exists for Nigerian accounts only, so the note changes nothing elsewhere.
    if (magic.has("test-name-enquiry-fails") && destination.bank_id !== undefined) {
      throw refused(400, "Invalid account number or bank code");
    }
  }

  #toPayout(request: PayoutRequest): PayoutRecord {
    const price = priceOf(request.method, request.from, request.to, request.asked);
    if (price === undefined) throw refused(400, "The fee must be less than the amount.");
    const now = Date.now();
    return {
      id: randomUUID(),
      reference: randomUUID(),
      merchantReference: request.merchantReference,
      customerId: request.customerId,
      walletId: request.walletId,
      method: request.method,
      status: "PENDING",
      fromCurrency: request.from.code,
      toCurrency: request.to.code,
      amount: price.amount.toFixed(),
      amountWithoutFee: price.amountWithoutFee.toFixed(),
      fee: price.fee.toFixed(),
      rate: price.rate.toFixed(),
      note: request.note ?? businessName,
      recipient: toRecipient(request, price.recipientAmount.toFixed()),
      interac: request.method === "interac" ? { question: "What is the PIN?", answer: randomInt(1000, 10_000) } : null,
      externalReference: null,
      pairedEventId: randomUUID(),
      createdAt: now,
      updatedAt: now,
      visibleAt: now,
      history: [{ status: "PENDING", at: now }],
    };
  }

  #book(payout: PayoutRecord): void {
    const { wallets, payouts, isReferenceKept } = this.#parts;
    if (!wallets.debit(payout.walletId, new Big(payout.amount))) throw refused(400, "Insufficient funds.");
    payouts.add(payout, isReferenceKept ? payout.merchantReference : null);
  }
}

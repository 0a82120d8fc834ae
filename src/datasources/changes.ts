// News from the provider in the gateway's own words, before the status machine has judged it.
// Absent or undefined means that the news says nothing of it; null means that it is known to be empty.

import type { CustomerStatus, CustomerType } from "../schema/customer.enum.js";
import type { DocumentCategory, DocumentStatus } from "../schema/document.enum.js";
import type { PayoutMethod, PayoutStatus } from "../schema/payout.enum.js";

/** An exact amount: a decimal as text, never a float. */
export interface MoneyValue {
  amount: string;
  currency: string;
}

export interface CustomerDetails {
  type?: CustomerType;
  firstName?: string | null;
  lastName?: string | null;
  businessName?: string | null;
  email?: string;
  /** ISO 3166-1 alpha-2. */
  country?: string;
  createdAt?: Date;
}

export interface CustomerChange {
  kind: "customer";
  id: string;
  status?: CustomerStatus;
  /** The provider's word where the gateway does not know its meaning. */
  unknownStatus?: string;
  /** The provider's clock where it says so: only that decides which news of a customer is newer. */
  occurredAt: Date | null;
  reason?: string | null;
  /** Set on what the gateway infers by itself: void where the status moved after this position of the log. */
  ifUnmovedSince?: number;
  details: CustomerDetails;
}

export interface DocumentChange {
  kind: "document";
  id: string;
  customerId: string;
  status: DocumentStatus;
  details: {
    category?: DocumentCategory;
    fileName?: string | null;
    contentType?: string | null;
    size?: number | null;
    sha256?: string | null;
  };
}

export interface RecipientDetails {
  accountName?: string | null;
  accountNumber?: string | null;
  bankName?: string | null;
  email?: string | null;
  phoneNumber?: string | null;
  /** Decimal as text. Its currency is only in transactions: webhooks leave it out. */
  amount?: string | null;
  currency?: string | null;
}

export interface PayoutDetails {
  reference?: string | null;
  customerId?: string;
  walletId?: string | null;
  method?: PayoutMethod | null;
  failureReason?: string | null;
  /** What leaves the wallet, fee included, in the wallet's currency. */
  amount?: MoneyValue | null;
  fee?: MoneyValue | null;
  /** Decimal as text. */
  rate?: string | null;
  recipient?: RecipientDetails;
  interacInstruction?: { question: string; answer: string };
  note?: string | null;
  createdAt?: Date;
}

export interface PayoutChange {
  kind: "payout";
  /** The gateway's own id, where the news comes from one of its commands. */
  payoutId?: string;
  /** Null only in a decision: the payout is known by no transaction. */
  transactionId?: string | null;
  merchantReference?: string | null;
  status?: PayoutStatus;
  /** The provider's word where the gateway does not know its meaning. */
  unknownStatus?: string;
  occurredAt?: Date | null;
  reason?: string | null;
  /** Read from the transaction itself: the only report that may contradict a final status. */
  isLookUp?: boolean;
  /** The response to the gateway's own request. Where it is about another order, nothing is flagged: a look-up follows. */
  isResponse?: boolean;
  /** Decided by the gateway's own state machine or by an operator, and not compared with anything. */
  isDecision?: boolean;
  /** With a decision: the mismatch is settled by it. */
  mismatch?: null;
  details: PayoutDetails;
}

export type Change = CustomerChange | DocumentChange | PayoutChange;

// What each field needs: one table, so that it can be read at a glance. A field that is not in it needs nothing beyond
// what led to it.

import type { Scope } from "./scopes.js";

/** Any one of them opens the field. */
export type Need = readonly Scope[];

const followers: Need = ["customers:read", "payouts:read"];

export const fieldNeeds: Readonly<Record<string, Need>> = {
  "Query.customer": ["customers:read"],
  "Query.customers": ["customers:read"],
  "Query.document": ["customers:read"],
  "Query.payout": ["payouts:read"],
  "Query.payoutByTransaction": ["payouts:read"],
  "Query.payoutByIdempotencyKey": ["payouts:read"],
  "Query.payouts": ["payouts:read"],
  "Query.wallets": ["wallets:read"],
  "Query.currencies": ["wallets:read"],
  "Query.banks": ["wallets:read"],
  "Query.mobileMoneyOperators": ["wallets:read"],
  "Query.bankAccount": ["wallets:read"],
  "Query.payoutQuotes": ["wallets:read"],
  "Query.statusChanges": followers,
  "Query.statusCursor": followers,
  "Query.payoutStatistics": ["payouts:read"],
  "Query.operatorStatus": ["operator"],
  "Query.parkedWebhookEvents": ["operator"],
  "Query.auditEntries": ["operator"],

  "Mutation.createCustomer": ["customers:write"],
  "Mutation.updateCustomer": ["customers:write"],
  "Mutation.requestDocumentUpload": ["documents:write"],
  "Mutation.uploadDocument": ["documents:write"],
  "Mutation.attachDocuments": ["documents:write"],
  "Mutation.submitDocuments": ["documents:write"],
  "Mutation.createPayout": ["payouts:write"],
  "Mutation.retryWebhookEvents": ["operator"],
  "Mutation.resolvePayout": ["operator"],

  "Subscription.statusChanged": followers,
  "Subscription.customerStatusChanged": ["customers:read"],
  "Subscription.payoutStatusChanged": ["payouts:read"],

  "Customer.documents": ["customers:read"],
  "Customer.payouts": ["payouts:read"],
  "Customer.statusChanges": ["customers:read"],
  "Document.customer": ["customers:read"],
  "Payout.customer": ["customers:read"],
  "Payout.statusChanges": ["payouts:read"],
  // What a caller made itself it is shown; a customer that somebody else made is not shown to who may only add to it.
  "AttachDocumentsPayload.customer": ["customers:read"],
  "SubmitDocumentsPayload.customer": ["customers:read"],
};

/** Shown in full only to who has the scope; masked or null for others. */
export const maskedFields: Readonly<Record<string, Scope>> = {
  "PayoutRecipient.accountNumber": "pii:read",
  "Payout.interacInstruction": "pii:read",
  "Payout.mismatch": "operator",
};

/**
 * Entries of the status log that a caller may not see are left out of it, so that what leads on from one needs no check
 * of its own: a subscription to everything may name them and simply never gets one.
 */
export const coveredByLog: readonly string[] = [
  "CustomerStatusChange.customer",
  "DocumentStatusChange.document",
  "PayoutStatusChange.payout",
];

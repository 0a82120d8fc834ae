import type {
  CustomerStatus,
  DocumentCategory,
  DocumentStatus,
  PayoutMethod,
  PayoutStatus,
  StatusSource,
} from "../generated/operations";

export type AnyStatus = PayoutStatus | CustomerStatus | DocumentStatus;

export const statusWords: Record<AnyStatus, string> = {
  SUBMITTING: "Submitting",
  UNCONFIRMED: "Unconfirmed",
  PENDING: "Pending",
  PROCESSING: "Processing",
  SUCCESSFUL: "Successful",
  FAILED: "Failed",
  VERIFIED: "Verified",
  REJECTED: "Rejected",
  REQUESTED: "Requested",
  UPLOADED: "Uploaded",
  ATTACHED: "Attached",
};

export const payoutStatuses: readonly PayoutStatus[] = [
  "SUBMITTING",
  "UNCONFIRMED",
  "PENDING",
  "PROCESSING",
  "SUCCESSFUL",
  "FAILED",
];

export const payoutMeanings: Record<PayoutStatus, string> = {
  SUBMITTING: "Recorded here, and on its way to the provider.",
  UNCONFIRMED:
    "It was sent, but the answer was lost. It is being looked up by its reference and is never paid twice; there is nothing to do but wait.",
  PENDING: "The provider accepted it.",
  PROCESSING: "The provider accepted it and is paying.",
  SUCCESSFUL: "Paid. This is the provider's final word.",
  FAILED: "Refused or returned; nothing was paid.",
};

export const methodWords: Record<PayoutMethod, string> = {
  BANK_TRANSFER: "Bank transfer",
  INTERAC: "Interac",
  ACH: "ACH",
  WIRE: "Wire",
  MOBILE_MONEY: "Mobile money",
  CRYPTO: "Crypto",
};

export const categoryWords: Record<DocumentCategory, string> = {
  IDENTITY: "Identity document",
  IDENTITY_BACK: "Back of the identity document",
  PROOF_OF_ADDRESS: "Proof of address",
  LIVENESS_CHECK: "Liveness picture",
};

export const sourceWords: Record<StatusSource, string> = {
  MUTATION: "answer to a call",
  WEBHOOK: "webhook",
  RECONCILIATION: "look-up",
  OPERATOR: "decision of an operator",
};

import { registerEnumType } from "type-graphql";

export const PayoutMethod = {
  BANK_TRANSFER: "BANK_TRANSFER",
  INTERAC: "INTERAC",
  ACH: "ACH",
  WIRE: "WIRE",
  MOBILE_MONEY: "MOBILE_MONEY",
  CRYPTO: "CRYPTO",
} as const;
export type PayoutMethod = keyof typeof PayoutMethod;

export const PayoutStatus = {
  SUBMITTING: "SUBMITTING",
  UNCONFIRMED: "UNCONFIRMED",
  PENDING: "PENDING",
  PROCESSING: "PROCESSING",
  SUCCESSFUL: "SUCCESSFUL",
  FAILED: "FAILED",
} as const;
export type PayoutStatus = keyof typeof PayoutStatus;

export const PayoutResolution = { SENT: "SENT", NOT_SENT: "NOT_SENT" } as const;
export type PayoutResolution = keyof typeof PayoutResolution;

export const AccountType = { CHECKING: "CHECKING", SAVINGS: "SAVINGS" } as const;
export type AccountType = keyof typeof AccountType;

registerEnumType(PayoutMethod, {
  name: "PayoutMethod",
  description: "The rail that carries a payout.",
  valuesConfig: {
    BANK_TRANSFER: { description: "A transfer to a bank account (NGN, GBP, EUR)." },
    INTERAC: { description: "An Interac e-Transfer (CAD)." },
    ACH: { description: "An ACH credit (USD)." },
    WIRE: { description: "A wire transfer (USD)." },
    MOBILE_MONEY: { description: "A mobile money wallet (KES, UGX, TZS, XOF, GHS)." },
    CRYPTO: { description: "Only on old payouts: the provider takes no new ones." },
  },
});

registerEnumType(PayoutStatus, {
  name: "PayoutStatus",
  description: "How far a payout has come. SUCCESSFUL and FAILED are the provider's final word.",
  valuesConfig: {
    SUBMITTING: { description: "Recorded, being sent to the provider." },
    UNCONFIRMED: { description: "Sent, but the answer was lost; it is being looked up by its reference." },
    PENDING: { description: "Accepted by the provider." },
    PROCESSING: { description: "Accepted by the provider and on its way." },
    SUCCESSFUL: { description: "Paid." },
    FAILED: { description: "Refused or returned; nothing was paid." },
  },
});

registerEnumType(PayoutResolution, {
  name: "PayoutResolution",
  description: "What an operator decides about a payout whose outcome is in doubt.",
  valuesConfig: {
    SENT: {
      description: "The provider has it as the transaction `transactionId`. The payout then shows that transaction.",
    },
    NOT_SENT: {
      description:
        "It was not sent: the payout is FAILED and is never sent. If the provider reports it later, the status is corrected.",
    },
  },
});

registerEnumType(AccountType, {
  name: "AccountType",
  description: "The kind of a bank account in the United States.",
  valuesConfig: {
    CHECKING: { description: "A checking account." },
    SAVINGS: { description: "A savings account." },
  },
});

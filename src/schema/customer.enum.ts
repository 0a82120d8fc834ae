import { registerEnumType } from "type-graphql";

export const CustomerType = { INDIVIDUAL: "INDIVIDUAL", BUSINESS: "BUSINESS" } as const;
export type CustomerType = keyof typeof CustomerType;

export const CustomerStatus = {
  PENDING: "PENDING",
  PROCESSING: "PROCESSING",
  VERIFIED: "VERIFIED",
  REJECTED: "REJECTED",
} as const;
export type CustomerStatus = keyof typeof CustomerStatus;

export const IdentificationType = {
  DRIVERS_LICENSE: "DRIVERS_LICENSE",
  PASSPORT: "PASSPORT",
  RESIDENT_PERMIT: "RESIDENT_PERMIT",
} as const;
export type IdentificationType = keyof typeof IdentificationType;

registerEnumType(CustomerType, {
  name: "CustomerType",
  description: "Whether a customer is a person or a company.",
  valuesConfig: {
    INDIVIDUAL: { description: "A person." },
    BUSINESS: { description: "A company." },
  },
});

registerEnumType(CustomerStatus, {
  name: "CustomerStatus",
  description: "How far the provider's verification of a customer has come. VERIFIED can fall back to PENDING.",
  valuesConfig: {
    PENDING: { description: "Created; no documents are under review." },
    PROCESSING: { description: "Documents are attached and the provider reviews them." },
    VERIFIED: { description: "The provider accepted the customer: payouts can be made." },
    REJECTED: { description: "The provider refused the documents; they can be sent again." },
  },
});

registerEnumType(IdentificationType, {
  name: "IdentificationType",
  description: "The kind of document that an identity number belongs to.",
  valuesConfig: {
    DRIVERS_LICENSE: { description: "A driving licence." },
    PASSPORT: { description: "A passport." },
    RESIDENT_PERMIT: { description: "A residence permit." },
  },
});

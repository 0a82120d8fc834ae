import { registerEnumType } from "type-graphql";

export const DocumentCategory = {
  IDENTITY: "IDENTITY",
  IDENTITY_BACK: "IDENTITY_BACK",
  PROOF_OF_ADDRESS: "PROOF_OF_ADDRESS",
  LIVENESS_CHECK: "LIVENESS_CHECK",
} as const;
export type DocumentCategory = keyof typeof DocumentCategory;

export const DocumentStatus = { REQUESTED: "REQUESTED", UPLOADED: "UPLOADED", ATTACHED: "ATTACHED" } as const;
export type DocumentStatus = keyof typeof DocumentStatus;

registerEnumType(DocumentCategory, {
  name: "DocumentCategory",
  description: "What a document proves.",
  valuesConfig: {
    IDENTITY: { description: "The identity document, front or photo page. Attaching it starts the review." },
    IDENTITY_BACK: { description: "The back of a two-sided identity document." },
    PROOF_OF_ADDRESS: { description: "A bill or statement that shows the address." },
    LIVENESS_CHECK: { description: "A picture that shows the customer is present." },
  },
});

registerEnumType(DocumentStatus, {
  name: "DocumentStatus",
  description: "How far a document has come on its way to the customer's profile.",
  valuesConfig: {
    REQUESTED: { description: "A pre-signed URL was issued." },
    UPLOADED: { description: "The bytes were stored." },
    ATTACHED: { description: "The document is on the customer's profile." },
  },
});

import { registerEnumType } from "type-graphql";

export const UserErrorCode = {
  INVALID: "INVALID",
  REQUIRED: "REQUIRED",
  NOT_FOUND: "NOT_FOUND",
  CUSTOMER_NOT_VERIFIED: "CUSTOMER_NOT_VERIFIED",
  ALREADY_VERIFIED: "ALREADY_VERIFIED",
  FILE_TOO_LARGE: "FILE_TOO_LARGE",
  FILE_TYPE_NOT_ALLOWED: "FILE_TYPE_NOT_ALLOWED",
  FILE_EMPTY: "FILE_EMPTY",
  FILE_TYPE_MISMATCH: "FILE_TYPE_MISMATCH",
  INSUFFICIENT_FUNDS: "INSUFFICIENT_FUNDS",
  IDEMPOTENCY_KEY_REUSED: "IDEMPOTENCY_KEY_REUSED",
  PROVIDER_REJECTED: "PROVIDER_REJECTED",
} as const;
export type UserErrorCode = keyof typeof UserErrorCode;

registerEnumType(UserErrorCode, {
  name: "UserErrorCode",
  description: "What is wrong with an input, for programs.",
  valuesConfig: {
    INVALID: { description: "The value cannot be used." },
    REQUIRED: { description: "The value is missing." },
    NOT_FOUND: { description: "What the id names does not exist." },
    CUSTOMER_NOT_VERIFIED: { description: "The customer must be verified first." },
    ALREADY_VERIFIED: { description: "The customer is verified, so this can no longer change." },
    FILE_TOO_LARGE: { description: "The file has more bytes than are taken." },
    FILE_TYPE_NOT_ALLOWED: { description: "The file is neither JPEG, nor PNG, nor PDF." },
    FILE_EMPTY: { description: "The file has no bytes." },
    FILE_TYPE_MISMATCH: { description: "The file is of another type than declared." },
    INSUFFICIENT_FUNDS: { description: "The wallet does not hold enough." },
    IDEMPOTENCY_KEY_REUSED: { description: "The key was used before with another input." },
    PROVIDER_REJECTED: { description: "The provider refused for a reason that has no code of its own." },
  },
});

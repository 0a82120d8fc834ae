import type { UserErrorCode } from "./user-error.enum.js";

export interface UserErrorFields {
  /** Path into the input; null where no single field is at fault. */
  field: string[] | null;
  code: UserErrorCode;
  message: string;
}

/** Thrown below the resolvers for what the caller can mend: it reaches the client as `userErrors`. */
export class Rejection extends Error {
  readonly userErrors: UserErrorFields[];
  /** Whether this is the answer that the idempotency key got when it was first used. */
  readonly isReplayed: boolean;

  constructor(userErrors: UserErrorFields[], isReplayed = false) {
    super(userErrors.map(({ message }) => message).join(" "));
    this.name = "Rejection";
    this.userErrors = userErrors;
    this.isReplayed = isReplayed;
  }
}

export function rejectField(field: string[] | null, code: UserErrorCode, message: string): Rejection {
  return new Rejection([{ field, code, message }]);
}

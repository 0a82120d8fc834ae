// The provider's final no, as faults that the caller can mend.

import type { PayoutCommand } from "../datasources/commands.js";
import { toCustomerInputPath, toPayoutInputPath } from "../datasources/input-paths.js";
import { isProviderError, type ProviderError } from "../datasources/provider-error.js";
import { Rejection, type UserErrorFields } from "../schema/rejection.js";
import type { UserErrorCode } from "../schema/user-error.enum.js";

const knownMessages: readonly [RegExp, UserErrorCode, string[] | null][] = [
  [/insufficient funds/i, "INSUFFICIENT_FUNDS", ["amount"]],
  [/customer.*(not|isn't).*verified|verify.*customer/i, "CUSTOMER_NOT_VERIFIED", ["customerId"]],
  [/^verified customers can only/i, "ALREADY_VERIFIED", null],
  [/already verified/i, "ALREADY_VERIFIED", null],
];

/** A final no: what was asked for will never be done, or names what the provider does not have. */
export function isRefusal(error: unknown): boolean {
  return isProviderError(error, "REFUSED") || isProviderError(error, "NOT_FOUND");
}

export function toCustomerRejection(error: ProviderError): Rejection {
  return toRejection(error, toCustomerInputPath);
}

export function toPayoutRejection(error: ProviderError, command: PayoutCommand): Rejection {
  return toRejection(error, (field) => toPayoutInputPath(field, command));
}

export function toDocumentRejection(error: ProviderError): Rejection {
  return toRejection(error, () => ["customerId"]);
}

function toRejection(error: ProviderError, toPath: (field: string) => string[] | null): Rejection {
  const fields = Object.entries(error.fieldErrors).flatMap(([field, messages]) =>
    messages.map((message): UserErrorFields => ({ field: toPath(field), code: "PROVIDER_REJECTED", message })),
  );
  if (fields.length > 0) return new Rejection(fields);
  const message = error.providerMessage ?? "The provider refused the request.";
  if (error.kind === "NOT_FOUND") return new Rejection([{ field: null, code: "NOT_FOUND", message }]);
  const [, code, field] = knownMessages.find(([pattern]) => pattern.test(message)) ?? [null, "PROVIDER_REJECTED", null];
  return new Rejection([{ field, code: code as UserErrorCode, message }]);
}

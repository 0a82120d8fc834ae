// What can go wrong with a call to the provider, as types. A message is fit for any log: it names the call and the
// status, never a body, a query or a credential. The provider's own text is kept apart from it.

export type ProviderErrorKind =
  /** 400 or 422 in the provider's own JSON: the request as it is is rejected. */
  | "REFUSED"
  /** 404 in the provider's own JSON. */
  | "NOT_FOUND"
  /** 409, 423 or 425, whatever the body: another request for the same thing is or was under way. */
  | "CONFLICT"
  /** Any other 4xx in the provider's own JSON. */
  | "OTHER_REJECTION"
  /** The credential is not accepted, not even a fresh one. */
  | "UNAUTHENTICATED"
  | "FORBIDDEN"
  | "RATE_LIMITED"
  | "UNAVAILABLE"
  /** An answer that cannot be read, or that is about something else than what was asked. */
  | "GARBLED";

/**
 * NOT_DONE only where it is proven that this request did nothing at the provider: no byte was sent, or it was rejected in
 * the provider's own JSON. Of an earlier request it proves nothing. Everything else has to be looked up.
 */
export type ProviderOutcome = "NOT_DONE" | "UNKNOWN";

export interface ProviderErrorDetails {
  outcome: ProviderOutcome;
  httpStatus?: number;
  retryAfterSeconds?: number;
  providerMessage?: string | null;
  fieldErrors?: Record<string, string[]>;
  /** No byte of the request has left. */
  isUnsent?: boolean;
  /** What callers are told in place of the general sentence. */
  callerMessage?: string | undefined;
}

export class ProviderError extends Error {
  override readonly name = "ProviderError";
  readonly kind: ProviderErrorKind;
  readonly outcome: ProviderOutcome;
  readonly httpStatus?: number;
  readonly retryAfterSeconds?: number;
  /** No byte of the request has left: it cannot have been received. */
  readonly isUnsent: boolean;
  readonly providerMessage: string | null;
  readonly callerMessage?: string;
  /** By the provider's field names; `input-paths.ts` knows ours. */
  readonly fieldErrors: Readonly<Record<string, string[]>>;

  constructor(kind: ProviderErrorKind, message: string, details: ProviderErrorDetails) {
    super(message);
    this.kind = kind;
    this.outcome = details.outcome;
    this.isUnsent = details.isUnsent ?? false;
    if (details.httpStatus !== undefined) this.httpStatus = details.httpStatus;
    if (details.retryAfterSeconds !== undefined) this.retryAfterSeconds = details.retryAfterSeconds;
    if (details.callerMessage !== undefined) this.callerMessage = details.callerMessage;
    this.providerMessage = details.providerMessage ?? null;
    this.fieldErrors = details.fieldErrors ?? {};
  }

  /** The same failure of a call that only prepared another one, which therefore was never sent. */
  asNotDone(): ProviderError {
    return this.isUnsent
      ? this
      : new ProviderError(this.kind, this.message, { ...this, outcome: "NOT_DONE", isUnsent: true });
  }
}

export function isProviderError(error: unknown, kind?: ProviderErrorKind): error is ProviderError {
  return error instanceof ProviderError && (kind === undefined || error.kind === kind);
}

export type StorageErrorKind =
  /** The URL is too old or used up (or its signature does not fit): ask for a new one. */
  | "EXPIRED"
  | "REFUSED"
  | "UNAVAILABLE"
  /** The URL leads where the gateway does not go. */
  | "FORBIDDEN_URL"
  /** The bytes to send broke off, or were not as many as announced. */
  | "SOURCE_FAILED";

/** The message never holds the URL: whoever has it can write to the storage. */
export class StorageError extends Error {
  override readonly name = "StorageError";
  readonly kind: StorageErrorKind;
  readonly httpStatus?: number;

  constructor(kind: StorageErrorKind, message: string, httpStatus?: number) {
    super(message);
    this.kind = kind;
    if (httpStatus !== undefined) this.httpStatus = httpStatus;
  }
}

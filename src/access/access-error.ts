/** Why a call is not answered: who calls is not known, or may not do this. */
export class AccessError extends Error {
  override readonly name = "AccessError";

  constructor(
    readonly code: "UNAUTHENTICATED" | "FORBIDDEN",
    message: string,
  ) {
    super(message);
  }
}

// What the log has of an error. Its other properties can be anything: a provider's answer, a row that the database refused,
// the raw bytes of a request with its credential.

export interface LoggedError {
  type: string;
  message: string;
  stack?: string;
  code?: string;
  cause?: LoggedError;
}

const maxCauses = 5;

export function toLoggedError(error: unknown, causesLeft = maxCauses): LoggedError {
  if (!(error instanceof Error)) return { type: typeof error, message: "What was thrown is no error." };
  const { message, stack, cause } = error;
  const { code } = error as NodeJS.ErrnoException;
  return {
    type: error.name,
    message,
    ...(stack === undefined ? {} : { stack }),
    ...(typeof code === "string" ? { code } : {}),
    ...(cause === undefined || causesLeft === 0 ? {} : { cause: toLoggedError(cause, causesLeft - 1) }),
  };
}

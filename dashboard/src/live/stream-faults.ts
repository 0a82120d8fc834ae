// What ends a stream, in one shape: a close frame, or errors in an answer.

export interface Refusal {
  code: "UNAUTHENTICATED" | "FORBIDDEN";
  reason: string;
}

export type Fault = Refusal | { code: string; reason: string };

const refusedCloseCode = 4403;

export function toFault(error: unknown): Fault {
  if (isClose(error)) {
    const code = error.code === refusedCloseCode ? "UNAUTHENTICATED" : `CLOSED_${error.code}`;
    return { code, reason: error.reason || "The connection was closed." };
  }
  const [first] = Array.isArray(error) ? error : [error];
  const code = (first as { extensions?: { code?: unknown } } | undefined)?.extensions?.code;
  return { code: typeof code === "string" ? code : "UNKNOWN", reason: messageOf(first) };
}

/** Also a credential that may not follow changes: only another one helps. */
export function isRefusal(fault: Fault): fault is Refusal {
  return fault.code === "UNAUTHENTICATED" || fault.code === "FORBIDDEN";
}

export function isCursorFault({ code }: Fault): boolean {
  return code === "CURSOR_INVALID" || code === "CURSOR_EXPIRED";
}

function isClose(error: unknown): error is { code: number; reason: string } {
  return typeof error === "object" && error !== null && "code" in error && "reason" in error;
}

function messageOf(error: unknown): string {
  return error instanceof Error
    ? error.message
    : String((error as { message?: unknown } | undefined)?.message ?? error);
}

// What ends a stream, in one shape: a close frame, or errors in an answer.

export interface Refusal {
  code: "UNAUTHENTICATED" | "FORBIDDEN";
  reason: string;
}

export interface CursorFault {
  code: "CURSOR_INVALID" | "CURSOR_EXPIRED";
  reason: string;
  /** From where everything is there once what is shown was read anew; null where that has to be asked for. */
  cursor: string | null;
}

export type Fault = Refusal | CursorFault | { code: string; reason: string };

const refusedCloseCode = 4403;

export function toFault(error: unknown): Fault {
  if (isClose(error)) {
    const code = error.code === refusedCloseCode ? "UNAUTHENTICATED" : `CLOSED_${error.code}`;
    return { code, reason: error.reason || "The connection was closed." };
  }
  const [first] = Array.isArray(error) ? error : [error];
  const { code, cursor } = (first as { extensions?: Record<string, unknown> } | undefined)?.extensions ?? {};
  const reason = messageOf(first);
  if (code === "CURSOR_INVALID" || code === "CURSOR_EXPIRED") {
    return { code, reason, cursor: typeof cursor === "string" ? cursor : null };
  }
  return { code: typeof code === "string" ? code : "UNKNOWN", reason };
}

/** Also a credential that may not follow changes: only another one helps. */
export function isRefusal(fault: Fault): fault is Refusal {
  return fault.code === "UNAUTHENTICATED" || fault.code === "FORBIDDEN";
}

export function isCursorFault(fault: Fault): fault is CursorFault {
  return "cursor" in fault;
}

function isClose(error: unknown): error is { code: number; reason: string } {
  return typeof error === "object" && error !== null && "code" in error && "reason" in error;
}

function messageOf(error: unknown): string {
  return error instanceof Error
    ? error.message
    : String((error as { message?: unknown } | undefined)?.message ?? error);
}

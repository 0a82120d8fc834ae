// What whoever traces requests to the provider is told of one: its route without ids, and how it ended.

import type { CallClass } from "./budget/call-class.js";
import type { HttpAnswer, HttpLimits } from "./http-exchange.js";
import { isProviderError, type ProviderErrorKind } from "./provider-error.js";

/** One of a call's requests: reads are repeated, and any call with a fresh token. */
export interface SentRequest {
  method: string;
  /** Method and path, without ids. */
  route: string;
  class: CallClass;
  attempt: number;
}

export interface RequestEnd {
  status?: number | undefined;
  /** For its turn in the budget. */
  waitedMs?: number;
  failure?: ProviderErrorKind;
}

export type TraceRequest = <T>(
  request: SentRequest,
  work: (tell: (end: RequestEnd) => void) => Promise<T>,
) => Promise<T>;

export function traceSending(
  trace: TraceRequest | null,
  request: SentRequest,
  limits: HttpLimits,
  send: (limits: HttpLimits) => Promise<HttpAnswer>,
): Promise<HttpAnswer> {
  if (!trace) return send(limits);
  return trace(request, async (tell) => {
    try {
      const answer = await send(withToldWait(limits, tell));
      tell({ status: answer.status });
      return answer;
    } catch (error) {
      if (isProviderError(error)) tell({ failure: error.kind, status: error.httpStatus });
      throw error;
    }
  });
}

/** All else as it is: the timeout is read when the request goes out. */
function withToldWait(limits: HttpLimits, tell: (end: RequestEnd) => void): HttpLimits {
  const { admit } = limits;
  if (!admit) return limits;
  const toldAdmit = async () => {
    const startedAtMs = performance.now();
    try {
      return await admit();
    } finally {
      tell({ waitedMs: Math.round(performance.now() - startedAtMs) });
    }
  };
  return Object.create(limits, { admit: { value: toldAdmit } });
}

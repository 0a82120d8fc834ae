// One request and its whole answer. Nothing is followed, nothing is endless: the deadline covers everything from the
// first connection attempt to the last byte, and an answer may only be so big.

import type { Agent } from "node:http";
import fetch, { type Headers } from "node-fetch";
import { ProviderError, type ProviderOutcome } from "./provider-error.js";

export interface HttpRequest {
  /** Method and path without the query: the name of the call in errors and logs. */
  label: string;
  method: string;
  url: string;
  headers: Record<string, string>;
  body?: string;
  /** Runs when the request's turn has come, right before its bytes go out. Where it throws, nothing is sent. */
  beforeSending?: () => Promise<void>;
}

export interface HttpLimits {
  agent: Agent;
  timeoutMs: number;
  maxResponseBytes: number;
  /** Aborted when nobody waits for answers any more. */
  abandoned?: AbortSignal;
  /**
   * Resolves when the request may go out. Waiting for that does not count against the timeout. `end` is called when the
   * answer's head is there, or none comes.
   */
  admit?: () => Promise<{ end(): void }>;
  /** Told of every answer as soon as its head is there, however its body ends. */
  onAnswer?: (status: number, headers: Headers) => void;
}

export interface HttpAnswer {
  status: number;
  headers: Headers;
  /** Null where the status arrived but the body could not be read; never null for a 2xx. */
  text: string | null;
}

export async function exchange(request: HttpRequest, limits: HttpLimits): Promise<HttpAnswer> {
  const { abandoned } = limits;
  if (abandoned?.aborted) throw notSent(request.label);
  const admitted = await limits.admit?.();
  if (abandoned?.aborted) {
    admitted?.end();
    throw notSent(request.label);
  }
  try {
    await request.beforeSending?.();
  } catch (error) {
    admitted?.end();
    throw error;
  }
  const controller = new AbortController();
  const abandon = () => controller.abort();
  abandoned?.addEventListener("abort", abandon);
  const deadline = setTimeout(() => controller.abort(), limits.timeoutMs);
  try {
    const { method, headers, body } = request;
    const response = await fetch(request.url, {
      method,
      headers,
      body: body ?? null,
      agent: limits.agent,
      redirect: "manual",
      size: limits.maxResponseBytes,
      signal: controller.signal,
    });
    const { status } = response;
    admitted?.end();
    limits.onAnswer?.(status, response.headers);
    try {
      return { status, headers: response.headers, text: toText(await response.arrayBuffer()) };
    } catch (error) {
      if (response.ok) throw toTransportError(request.label, error, status);
      return { status, headers: response.headers, text: null };
    }
  } catch (error) {
    // An answer that nobody reads to its end must not keep its connection.
    controller.abort();
    admitted?.end();
    throw error instanceof ProviderError ? error : toTransportError(request.label, error);
  } finally {
    clearTimeout(deadline);
    abandoned?.removeEventListener("abort", abandon);
  }
}

/** With a time to come back at: whoever reads is not to try it again here. */
function notSent(label: string): ProviderError {
  return new ProviderError("UNAVAILABLE", `${label}: not sent, since the gateway is stopping.`, {
    outcome: "NOT_DONE",
    isUnsent: true,
    retryAfterSeconds: 1,
  });
}

class NotText extends Error {}

function toText(bytes: ArrayBuffer): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new NotText();
  }
}

// The library's own message holds the URL with its query: only its code is taken over.
function toTransportError(label: string, error: unknown, httpStatus?: number): ProviderError {
  const { code, erroredSysCall, type, name } = error as Record<string, unknown>;
  const status = httpStatus === undefined ? {} : { httpStatus };
  if (error instanceof NotText || type === "max-size") {
    const fault = error instanceof NotText ? "is not UTF-8 text" : "is bigger than allowed";
    return new ProviderError("GARBLED", `${label}: the answer ${fault}.`, { outcome: "UNKNOWN", ...status });
  }
  if (name === "AbortError") {
    return new ProviderError("UNAVAILABLE", `${label}: no complete answer in time.`, { outcome: "UNKNOWN", ...status });
  }
  const reason = typeof code === "string" ? code : "connection lost";
  return new ProviderError("UNAVAILABLE", `${label}: no answer (${reason}).`, {
    ...toOutcome(code, erroredSysCall),
    ...status,
  });
}

const codesBeforeTheFirstByte = new Set(["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "EAI_FAIL"]);

function toOutcome(code: unknown, systemCall: unknown): { outcome: ProviderOutcome; isUnsent: boolean } {
  const isBeforeTheFirstByte =
    systemCall === "connect" || systemCall === "getaddrinfo" || codesBeforeTheFirstByte.has(String(code));
  return { outcome: isBeforeTheFirstByte ? "NOT_DONE" : "UNKNOWN", isUnsent: isBeforeTheFirstByte };
}

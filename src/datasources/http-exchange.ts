// One request and its whole answer. Nothing is followed, nothing is endless: the deadline covers everything from the
// first connection attempt to the last byte, and an answer may only be so big.

import { type Agent, type ClientRequest, request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import { brotliDecompressSync, gunzipSync, inflateSync } from "node:zlib";
import { AnswerHeaders } from "./answer-headers.js";
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
  onAnswer?: (status: number, headers: AnswerHeaders) => void;
}

export interface HttpAnswer {
  status: number;
  headers: AnswerHeaders;
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
  let sent: ClientRequest | undefined;
  let isAborted = false;
  const abort = () => {
    isAborted = true;
    sent?.destroy();
  };
  abandoned?.addEventListener("abort", abort);
  const deadline = setTimeout(abort, limits.timeoutMs);
  try {
    sent = open(request, limits.agent);
    const response = await toResponse(sent, request.body);
    const { statusCode: status = 0 } = response;
    const headers = new AnswerHeaders(response.headers);
    admitted?.end();
    limits.onAnswer?.(status, headers);
    try {
      const body = await readBody(response, limits.maxResponseBytes);
      return { status, headers, text: toText(decoded(body, headers.get("content-encoding"), limits.maxResponseBytes)) };
    } catch (error) {
      if (status >= 200 && status < 300) throw toTransportError(request.label, error, isAborted, status);
      sent.destroy();
      return { status, headers, text: null };
    }
  } catch (error) {
    // An answer that nobody reads to its end must not keep its connection.
    sent?.destroy();
    admitted?.end();
    throw error instanceof ProviderError ? error : toTransportError(request.label, error, isAborted);
  } finally {
    clearTimeout(deadline);
    abandoned?.removeEventListener("abort", abort);
  }
}

function open({ url, method, headers }: HttpRequest, agent: Agent): ClientRequest {
  const start = url.startsWith("https:") ? httpsRequest : httpRequest;
  return start(url, { method, headers: { ...headers, "Accept-Encoding": "identity" }, agent });
}

function toResponse(request: ClientRequest, body: string | undefined): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    request.on("response", resolve);
    // This listener stays: a destroyed request without one ends the process.
    request.on("error", reject);
    request.end(body);
  });
}

function readBody(response: IncomingMessage, maxBytes: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    response.on("data", (chunk: Buffer) => {
      size += chunk.length;
      if (size > maxBytes) reject(new TooBig());
      else chunks.push(chunk);
    });
    response.on("end", () => resolve(Buffer.concat(chunks)));
    response.on("error", reject);
    // Whatever ends it early, without an error too.
    response.on("close", () => reject(new Error("The connection was closed.")));
  });
}

/** With a time to come back at: whoever reads is not to try it again here. */
function notSent(label: string): ProviderError {
  return new ProviderError("UNAVAILABLE", `${label}: not sent, since the gateway is stopping.`, {
    outcome: "NOT_DONE",
    isUnsent: true,
    retryAfterSeconds: 1,
  });
}

/** Some proxies compress whatever was asked for. */
function decoded(body: Buffer, encoding: string | null, maxBytes: number): Buffer {
  const decode = decoders.get(encoding?.trim().toLowerCase() ?? "");
  if (!decode || body.length === 0) return body;
  try {
    return decode(body, { maxOutputLength: maxBytes });
  } catch {
    throw new NotText();
  }
}

const decoders = new Map([
  ["gzip", gunzipSync],
  ["x-gzip", gunzipSync],
  ["deflate", inflateSync],
  ["br", brotliDecompressSync],
]);

class NotText extends Error {}
class TooBig extends Error {}

function toText(bytes: Buffer): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new NotText();
  }
}

// Only the error's code is taken over: its message can name the URL with its query.
function toTransportError(label: string, error: unknown, isAborted: boolean, httpStatus?: number): ProviderError {
  const { code, syscall } = error as NodeJS.ErrnoException;
  const status = httpStatus === undefined ? {} : { httpStatus };
  if (error instanceof NotText || error instanceof TooBig) {
    const fault = error instanceof NotText ? "is not UTF-8 text" : "is bigger than allowed";
    return new ProviderError("GARBLED", `${label}: the answer ${fault}.`, { outcome: "UNKNOWN", ...status });
  }
  if (isAborted) {
    return new ProviderError("UNAVAILABLE", `${label}: no complete answer in time.`, { outcome: "UNKNOWN", ...status });
  }
  const reason = typeof code === "string" ? code : "connection lost";
  return new ProviderError("UNAVAILABLE", `${label}: no answer (${reason}).`, {
    ...toOutcome(code, syscall),
    ...status,
  });
}

const codesBeforeTheFirstByte = new Set(["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "EAI_FAIL"]);

function toOutcome(code: unknown, systemCall: unknown): { outcome: ProviderOutcome; isUnsent: boolean } {
  const isBeforeTheFirstByte =
    systemCall === "connect" || systemCall === "getaddrinfo" || codesBeforeTheFirstByte.has(String(code));
  return { outcome: isBeforeTheFirstByte ? "NOT_DONE" : "UNKNOWN", isUnsent: isBeforeTheFirstByte };
}

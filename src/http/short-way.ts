// The way past the framework, for requests that it has answered the like of before. What leaves it on this way is what the
// framework would have sent; whatever is not known there is passed on as if nobody had looked.

import type { IncomingMessage, OutgoingHttpHeaders, RequestListener, Server, ServerResponse } from "node:http";
import { Refusal } from "./admission/refusal.js";
import type { Deadlines } from "./deadlines.js";
import { jsonType } from "./media-types.js";

export interface ShortWay {
  /** Whether it will be answered here, or passed on from here. */
  take(request: IncomingMessage, response: ServerResponse, passOn: RequestListener): boolean;
}

/** Of one answer alone, or told by Node itself. */
const ownHeaders = new Set(["x-request-id", "content-length", "date", "connection", "keep-alive", "transfer-encoding"]);

/** Stands before the listener that the server has. Answers of a node that ends are the framework's: they end connections. */
export function standBefore(server: Server, ways: readonly ShortWay[], isStopping: () => boolean): void {
  const [listener] = server.listeners("request") as RequestListener[];
  if (!listener) throw new Error("The server has nobody to pass a request on to.");
  server.removeListener("request", listener);
  server.on("request", (request, response) => {
    if (isStopping() || !ways.some((way) => way.take(request, response, listener))) listener(request, response);
  });
}

const faults = new WeakMap<IncomingMessage, unknown>();

/** Of a request that is passed on: the framework is to answer with this. */
export function noteFault(request: IncomingMessage, fault: unknown): void {
  faults.set(request, fault);
}

export function throwFault(request: IncomingMessage): void {
  if (faults.has(request)) throw faults.get(request);
}

/** Whether it posts JSON there, of no more than so many bytes, and nothing about how it is sent needs a closer look. */
export function isPlainPost({ headers, method, url }: IncomingMessage, path: string, maxBytes: number): boolean {
  if (method !== "POST" || url !== path || headers["content-type"] !== jsonType) return false;
  if (!(Number(headers["content-length"]) <= maxBytes)) return false;
  if (headers.origin !== undefined || headers["content-encoding"] !== undefined) return false;
  return headers.expect === undefined && headers["transfer-encoding"] === undefined;
}

/** A deadline's word is for the client, and to be passed on; of a broken connection there is nobody to tell. */
export function readBody(
  request: IncomingMessage,
  response: ServerResponse,
  deadlines: Deadlines,
  onBody: (body: Buffer) => void,
  passOn: RequestListener,
): void {
  const chunks: Buffer[] = [];
  deadlines.receiving(request);
  const onError = (error: unknown) => {
    // It may stand in line, where nobody else tells it that it is over.
    if (!(error instanceof Refusal)) return deadlines.answering(response);
    noteFault(request, error);
    passOn(request, response);
  };
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.once("error", onError);
  request.once("end", () => {
    request.removeListener("error", onError);
    onBody(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks));
  });
}

/** What the framework gave an answer, as it is given to others like it. */
export function toRawHeaders(headers: OutgoingHttpHeaders): string[] {
  return Object.entries(headers).flatMap(([name, value]) =>
    value === undefined || ownHeaders.has(name) ? [] : [name, String(value)],
  );
}

export interface ShortAnswer {
  status: number;
  headers: readonly string[];
  requestId: string;
  body: string;
}

/** Whether the system has taken all of it. */
export function writeAnswer(response: ServerResponse, { status, headers, requestId, body }: ShortAnswer): boolean {
  const bytes = Buffer.byteLength(body);
  response.writeHead(status, [...headers, "x-request-id", requestId, "content-length", String(bytes)]);
  // What is ASCII throughout takes less to send if Node knows it.
  response.end(body, bytes === body.length ? "latin1" : "utf8");
  return response.writableLength === 0;
}

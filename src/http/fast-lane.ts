// Requests in words that were met before, answered ahead of the framework. It leaves out no rule: who calls was proven a moment
// ago, what is asked was admitted, the limits are counted here, and the headers are those that the framework gave such an
// answer. Whatever it does not know, it passes on as if it had never looked.

import { randomUUID } from "node:crypto";
import type { IncomingMessage, OutgoingHttpHeaders, RequestListener, Server, ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { LRUCache } from "lru-cache";
import { missingNeed } from "../access/operation-needs.js";
import type { Principal } from "../access/principal.js";
import type { Admission, AdmittedOperation } from "./admission/admission.js";
import { readRequest } from "./admission/read-request.js";
import { Refusal } from "./admission/refusal.js";
import type { CallerLimits } from "./caller-limits.js";
import type { CredentialGuard } from "./credential-guard.js";
import type { Deadlines } from "./deadlines.js";
import { parsePlainJson } from "./json-body.js";
import type { KnownOperations } from "./known-operations.js";
import { usualMediaType } from "./media-types.js";

export interface FastLaneParts {
  credentials: CredentialGuard;
  admission: Admission;
  callers: CallerLimits;
  known: KnownOperations;
  deadlines: Deadlines;
  /** Answers are to end their connections then, which is the framework's. */
  isStopping: () => boolean;
  /** Whether its trace is kept, which the framework begins. */
  isTraced: (request: IncomingMessage) => boolean;
}

// A question for one object is some hundred bytes; an operation of a page, some thousand.
const maxBodyBytes = 8_192;
const maxKeptBytes = 8_000_000;
const overheadBytes = 500;
/** Of one answer alone, or told by Node itself. */
const ownHeaders = new Set(["x-request-id", "content-length", "date", "connection", "keep-alive", "transfer-encoding"]);

export class FastLane {
  readonly #parts: FastLaneParts;
  readonly #operations = new LRUCache<string, AdmittedOperation>({
    maxSize: maxKeptBytes,
    sizeCalculation: (_operation, key) => key.length + overheadBytes,
  });
  readonly #headers = new Map<string, string[]>();
  /** What was read of a request, here or by the framework. */
  readonly #bodies = new WeakMap<IncomingMessage, Buffer>();
  readonly #faults = new WeakMap<IncomingMessage, unknown>();
  readonly #counted = new WeakSet<IncomingMessage>();

  constructor(parts: FastLaneParts) {
    this.#parts = parts;
  }

  /** Stands before the listener that the server has. */
  serve(server: Server): void {
    const [listener] = server.listeners("request") as RequestListener[];
    if (!listener) throw new Error("The server has nobody to pass a request on to.");
    server.removeListener("request", listener);
    server.on("request", (request, response) => {
      if (this.#parts.isStopping() || !this.#take(request, response, listener)) listener(request, response);
    });
  }

  /** What was read of a request here and passed on. */
  heldBody(request: IncomingMessage): Readable | null {
    const body = this.#bodies.get(request);
    return body ? Readable.from([body], { objectMode: false }) : null;
  }

  /** Throws what a limit said here to a request that was passed on. */
  throwFault(request: IncomingMessage): void {
    if (this.#faults.has(request)) throw this.#faults.get(request);
  }

  /** Whether a request that was passed on was counted here. */
  isCounted(request: IncomingMessage): boolean {
    return this.#counted.has(request);
  }

  noteBody(request: IncomingMessage, body: Buffer): void {
    if (body.length <= maxBodyBytes) this.#bodies.set(request, body);
  }

  /** The framework is about to answer so: the next request of the same bytes need not go there. */
  learn(request: IncomingMessage, operation: AdmittedOperation, mediaType: string, headers: OutgoingHttpHeaders): void {
    const body = this.#bodies.get(request);
    // What a page of another origin is told is its own, and the schema is for some.
    if (body === undefined || request.headers.origin !== undefined || operation.asksSchema) return;
    if (!this.#headers.has(mediaType))
      this.#headers.set(mediaType, toRawHeaders({ ...headers, "content-type": mediaType }));
    this.#operations.set(body.toString("latin1"), operation);
  }

  #take(request: IncomingMessage, response: ServerResponse, passOn: RequestListener): boolean {
    const { headers, method, url } = request;
    if (method !== "POST" || url !== "/graphql" || headers["content-type"] !== "application/json") return false;
    if (!(Number(headers["content-length"]) <= maxBodyBytes)) return false;
    if (headers.origin !== undefined || headers["content-encoding"] !== undefined) return false;
    if (headers.expect !== undefined || headers["transfer-encoding"] !== undefined) return false;
    const mediaType = usualMediaType(headers.accept);
    if (mediaType === null || !this.#headers.has(mediaType)) return false;
    const principal = this.#parts.credentials.recall(headers.authorization);
    if (!principal || this.#parts.isTraced(request)) return false;

    const chunks: Buffer[] = [];
    const received = this.#parts.deadlines.receiving(request);
    const onError = (error: unknown) => {
      received();
      // A deadline's word is for the client; of a broken connection there is nobody to tell.
      if (!(error instanceof Refusal)) return;
      this.#faults.set(request, error);
      passOn(request, response);
    };
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.once("error", onError);
    request.once("end", () => {
      received();
      request.removeListener("error", onError);
      const body = chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks);
      const operation = this.#operationOf(body);
      if (operation && !missingNeed(principal, operation.needs)) {
        void this.#answer(request, response, { principal, operation, mediaType, body, passOn });
      } else {
        this.#hold(request, response, body, passOn);
      }
    });
    return true;
  }

  /** Of what cannot be read here, or is refused, the framework says why. */
  #operationOf(body: Buffer): AdmittedOperation | null {
    const bytes = body.toString("latin1");
    const met = this.#operations.get(bytes);
    if (met) return met;
    try {
      const operation = this.#parts.admission.recall(readRequest(parsePlainJson(body)));
      if (operation) this.#operations.set(bytes, operation);
      return operation;
    } catch {
      return null;
    }
  }

  async #answer(request: IncomingMessage, response: ServerResponse, asked: Asked): Promise<void> {
    const { principal, operation, mediaType, passOn } = asked;
    const { callers, known } = this.#parts;
    let end: (() => void) | undefined;
    this.#counted.add(request);
    try {
      callers.request(principal);
      end = callers.operation(principal);
      const requestId = randomUUID();
      const given = known.answer(operation, principal, requestId);
      const answer = given instanceof Promise ? await given : given;
      if (answer !== null) return this.#write(response, mediaType, requestId, answer, end);
    } catch (error) {
      this.#faults.set(request, error);
    }
    end?.();
    this.#hold(request, response, asked.body, passOn);
  }

  #write(response: ServerResponse, mediaType: string, requestId: string, body: string, end: () => void): void {
    const headers = this.#headers.get(mediaType) as string[];
    response.writeHead(200, [...headers, "x-request-id", requestId, "content-length", String(Buffer.byteLength(body))]);
    response.end(body);
    if (response.writableLength === 0) {
      end();
      return;
    }
    response.once("close", end);
    this.#parts.deadlines.answering(response);
  }

  #hold(request: IncomingMessage, response: ServerResponse, body: Buffer, passOn: RequestListener): void {
    this.#bodies.set(request, body);
    passOn(request, response);
  }
}

interface Asked {
  principal: Principal;
  operation: AdmittedOperation;
  mediaType: string;
  body: Buffer;
  passOn: RequestListener;
}

function toRawHeaders(headers: OutgoingHttpHeaders): string[] {
  return Object.entries(headers).flatMap(([name, value]) =>
    value === undefined || ownHeaders.has(name) ? [] : [name, String(value)],
  );
}

// Requests in words that were met before, answered ahead of the framework. It leaves out no rule: who calls was proven a moment
// ago, what is asked was admitted, the limits are counted here, and the headers are those that the framework gave such an
// answer. Whatever it does not know, it passes on as if it had never looked.

import { randomUUID } from "node:crypto";
import type { IncomingMessage, OutgoingHttpHeaders, RequestListener, ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { LRUCache } from "lru-cache";
import { missingNeed } from "../access/operation-needs.js";
import type { Principal } from "../access/principal.js";
import type { Admission, AdmittedOperation } from "./admission/admission.js";
import { readRequest } from "./admission/read-request.js";
import type { CallerLimits } from "./caller-limits.js";
import type { CredentialGuard } from "./credential-guard.js";
import type { Deadlines } from "./deadlines.js";
import { parsePlainJson } from "./json-body.js";
import type { KnownOperations } from "./known-operations.js";
import { usualMediaType } from "./media-types.js";
import { isPlainPost, noteFault, readBody, type ShortWay, toRawHeaders, writeAnswer } from "./short-way.js";

export interface FastLaneParts {
  credentials: CredentialGuard;
  admission: Admission;
  callers: CallerLimits;
  known: KnownOperations;
  deadlines: Deadlines;
  /** Whether its trace is kept, which the framework begins. */
  isTraced: (request: IncomingMessage) => boolean;
}

// A question for one object is some hundred bytes; an operation of a page, some thousand.
const maxBodyBytes = 8_192;
const maxKeptBytes = 8_000_000;
const overheadBytes = 500;

export class FastLane implements ShortWay {
  readonly #parts: FastLaneParts;
  readonly #operations = new LRUCache<string, AdmittedOperation>({
    maxSize: maxKeptBytes,
    sizeCalculation: (_operation, key) => key.length + overheadBytes,
  });
  readonly #headers = new Map<string, string[]>();
  /** What was read of a request, here or by the framework. */
  readonly #bodies = new WeakMap<IncomingMessage, Buffer>();
  readonly #counted = new WeakSet<IncomingMessage>();

  constructor(parts: FastLaneParts) {
    this.#parts = parts;
  }

  /** What was read of a request here and passed on. */
  heldBody(request: IncomingMessage): Readable | null {
    const body = this.#bodies.get(request);
    return body ? Readable.from([body], { objectMode: false }) : null;
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

  take(request: IncomingMessage, response: ServerResponse, passOn: RequestListener): boolean {
    const { headers } = request;
    if (!isPlainPost(request, "/graphql", maxBodyBytes)) return false;
    const mediaType = usualMediaType(headers.accept);
    if (mediaType === null || !this.#headers.has(mediaType)) return false;
    const principal = this.#parts.credentials.recall(headers.authorization);
    if (!principal || this.#parts.isTraced(request)) return false;

    const onBody = (body: Buffer) => {
      const operation = this.#operationOf(body);
      if (operation && !missingNeed(principal, operation.needs)) {
        void this.#answer(request, response, { principal, operation, mediaType, body, passOn });
      } else {
        this.#hold(request, response, body, passOn);
      }
    };
    readBody(request, response, this.#parts.deadlines, onBody, passOn);
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
      noteFault(request, error);
    }
    end?.();
    this.#hold(request, response, asked.body, passOn);
  }

  #write(response: ServerResponse, mediaType: string, requestId: string, body: string, end: () => void): void {
    const headers = this.#headers.get(mediaType) as string[];
    if (writeAnswer(response, { status: 200, headers, requestId, body })) {
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

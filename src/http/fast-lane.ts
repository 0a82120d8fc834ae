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
import { SecondSight } from "./second-sight.js";
import { lateAfterMs, within } from "./service-unavailable.js";
import { isPlainPost, noteFault, readBody, type ShortWay, toRawHeaders, writeAnswer } from "./short-way.js";

export interface FastLaneParts {
  credentials: CredentialGuard;
  admission: Admission;
  callers: CallerLimits;
  known: KnownOperations;
  deadlines: Deadlines;
  /** Whether its trace is kept, which the framework begins. */
  isTraced: (request: IncomingMessage) => boolean;
  answerWithinMs: number;
}

// A question for one object is some hundred bytes; an operation of a page, some thousand.
const maxBodyBytes = 8_192;
const maxKeptBytes = 8_000_000;
const overheadBytes = 500;

export class FastLane implements ShortWay {
  readonly #parts: FastLaneParts;
  readonly #operations = new LRUCache<string, Met>({
    maxSize: maxKeptBytes,
    sizeCalculation: (_met, key) => key.length + overheadBytes,
  });
  readonly #sight = new SecondSight();
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

  /** The framework is about to answer so: further requests of the same bytes need not go there. */
  learn(request: IncomingMessage, operation: AdmittedOperation, mediaType: string, headers: OutgoingHttpHeaders): void {
    const body = this.#bodies.get(request);
    // What a page of another origin is told is its own, and the schema is for some.
    if (body === undefined || request.headers.origin !== undefined || operation.asksSchema) return;
    if (!this.#headers.has(mediaType))
      this.#headers.set(mediaType, toRawHeaders({ ...headers, "content-type": mediaType }));
    // What names its document by a hash is known by its bytes alone.
    this.#meet(body.toString("latin1"), operation);
  }

  take(request: IncomingMessage, response: ServerResponse, passOn: RequestListener): boolean {
    const { headers } = request;
    if (!isPlainPost(request, "/graphql", maxBodyBytes)) return false;
    const mediaType = usualMediaType(headers.accept);
    if (mediaType === null || !this.#headers.has(mediaType)) return false;
    const principal = this.#parts.credentials.recall(headers.authorization);
    if (!principal || this.#parts.isTraced(request)) return false;

    const onBody = (body: Buffer) => {
      const met = this.#metFor(principal, body);
      if (met) this.#answer(request, response, { principal, met, mediaType, body, passOn });
      else this.#hold(request, response, body, passOn);
    };
    readBody(request, response, this.#parts.deadlines, onBody, passOn);
    return true;
  }

  /** Null for what this caller may not ask, or cannot be read here: the framework says why. */
  #metFor(principal: Principal, body: Buffer): Met | null {
    const met = this.#metBy(body);
    if (!met) return null;
    if (met.mayAsk !== principal) {
      if (missingNeed(principal, met.operation.needs)) return null;
      met.mayAsk = principal;
    }
    return met;
  }

  #metBy(body: Buffer): Met | null {
    const bytes = body.toString("latin1");
    const met = this.#operations.get(bytes);
    if (met) return met;
    try {
      const operation = this.#parts.admission.recall(readRequest(parsePlainJson(body)));
      return operation && this.#meet(bytes, operation);
    } catch {
      return null;
    }
  }

  /** It is kept from the second time on. */
  #meet(bytes: string, operation: AdmittedOperation): Met {
    const met: Met = { operation, isAgain: this.#sight.meet(bytes), mayAsk: null };
    if (met.isAgain) this.#operations.set(bytes, met);
    return met;
  }

  #answer(request: IncomingMessage, response: ServerResponse, asked: Asked): void {
    const { principal, met } = asked;
    const { callers, known } = this.#parts;
    try {
      callers.request(principal);
      callers.requireRoom(principal);
      const requestId = randomUUID();
      const given = known.answer(met.operation, principal, requestId, met.isAgain);
      if (given instanceof Promise) void this.#answerLater(request, response, asked, requestId, given);
      else if (given === null) this.#passOn(request, response, asked);
      else this.#write(response, asked, requestId, given);
    } catch (error) {
      noteFault(request, error);
      this.#passOn(request, response, asked);
    }
  }

  async #answerLater(
    request: IncomingMessage,
    response: ServerResponse,
    asked: Asked,
    requestId: string,
    given: Promise<string | null>,
  ): Promise<void> {
    const end = this.#parts.callers.operation(asked.principal);
    try {
      const answer = await within(this.#parts.answerWithinMs + lateAfterMs, given);
      if (answer !== null) return this.#write(response, asked, requestId, answer, end);
    } catch (error) {
      noteFault(request, error);
    }
    end();
    this.#passOn(request, response, asked);
  }

  /** What its client does not take at once is under way until it is over. */
  #write(response: ServerResponse, { principal, mediaType }: Asked, requestId: string, body: string, end?: () => void) {
    const headers = this.#headers.get(mediaType) as string[];
    if (writeAnswer(response, { status: 200, headers, requestId, body })) return end?.();
    response.once("close", end ?? this.#parts.callers.operation(principal));
    this.#parts.deadlines.answering(response);
  }

  /** It was counted, and is not to be counted again. */
  #passOn(request: IncomingMessage, response: ServerResponse, { body, passOn }: Asked): void {
    this.#counted.add(request);
    this.#hold(request, response, body, passOn);
  }

  #hold(request: IncomingMessage, response: ServerResponse, body: Buffer, passOn: RequestListener): void {
    this.#bodies.set(request, body);
    passOn(request, response);
  }
}

/** What the bytes of a body ask for. */
interface Met {
  operation: AdmittedOperation;
  /** Not for the first time. */
  isAgain: boolean;
  /** Whoever last had what it needs. */
  mayAsk: Principal | null;
}

interface Asked {
  principal: Principal;
  met: Met;
  mediaType: string;
  body: Buffer;
  passOn: RequestListener;
}

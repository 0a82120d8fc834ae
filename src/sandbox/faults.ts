import { setTimeout as sleep } from "node:timers/promises";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { parseExact, stringifyExact } from "./exact-json.js";
import { answerEndlessly, cutHalfway, mergePatch } from "./fault-answers.js";
import { normalised, routeOf } from "./request-log.js";

/** `before` the request was worked on, or `after` it was accepted and worked on to the end. */
export type FaultMoment = "before" | "after";

interface FaultTarget {
  /** As in `received`: `POST /payout`, `GET /transaction/{id}`, `PUT /storage`, `POST /oauth/token`; `*` for any. */
  route: string;
  /** How many requests it hits; 1 unless told. */
  times?: number;
  /** Hits only requests whose body contains this text as a JSON string. */
  containing?: string;
}

export type SandboxFault = FaultTarget &
  (
    | { kind: "answer"; when?: FaultMoment; status: number; body?: unknown; headers?: Record<string, string> }
    | { kind: "reset"; when: FaultMoment }
    | { kind: "hang"; when: FaultMoment }
    | { kind: "delay"; delayMs: number }
    /** A body without an end. */
    | { kind: "endless"; when: FaultMoment; status?: number }
    /** The connection ends halfway through the real response. */
    | { kind: "cut" }
    /** Merges the patch into a successful response, as RFC 7396 says. */
    | { kind: "alter"; patch: unknown }
  );

/** A request that a fault has hit. */
export interface StruckRequest {
  fault: SandboxFault;
  method: string;
  path: string;
  body: unknown;
}

const maxKept = 10_000;

/** A script of faults: each hits the next requests of its route, in the order they were asked for. */
export class FaultScript {
  #waiting: { fault: SandboxFault; route: string; left: number }[] = [];
  readonly #afterwards = new WeakMap<FastifyRequest, SandboxFault>();
  readonly #struck: StruckRequest[] = [];

  add(fault: SandboxFault): void {
    this.#waiting.push({ fault, route: normalised(fault.route), left: fault.times ?? 1 });
  }

  clear(): void {
    this.#waiting = [];
  }

  struck(): StruckRequest[] {
    return [...this.#struck];
  }

  applyTo(app: FastifyInstance): void {
    app.addHook("preHandler", async (request, reply) => {
      const fault = this.#take(request);
      if (fault === undefined) return;
      this.#remember(fault, request);
      if (fault.kind === "delay") await sleep(fault.delayMs, undefined, { ref: false });
      else if (isAfter(fault)) this.#afterwards.set(request, fault);
      else return strike(fault, request, reply);
    });
    app.addHook("onSend", async (request, reply, payload) => {
      const fault = this.#afterwards.get(request);
      return fault === undefined ? payload : strikeAfterwards(fault, request, reply, payload);
    });
  }

  #take(request: FastifyRequest): SandboxFault | undefined {
    const route = routeOf(request);
    const next = this.#waiting.find(
      (waiting) => (waiting.route === route || waiting.route === "*") && contains(request.body, waiting.fault),
    );
    if (next === undefined) return undefined;
    next.left -= 1;
    if (next.left <= 0) this.#waiting = this.#waiting.filter((waiting) => waiting !== next);
    return next.fault;
  }

  #remember(fault: SandboxFault, { method, url, body }: FastifyRequest): void {
    this.#struck.push({ fault, method, path: url, body });
    if (this.#struck.length > maxKept) this.#struck.shift();
  }
}

/** The connection breaks and the caller cannot know what became of its request. */
export function breakConnection(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  reply.hijack();
  request.raw.socket.destroy();
  return reply;
}

function contains(body: unknown, { containing }: SandboxFault): boolean {
  return containing === undefined || stringifyExact(body ?? null).includes(stringifyExact(containing));
}

function isAfter(fault: SandboxFault): boolean {
  if (fault.kind === "alter" || fault.kind === "cut") return true;
  return fault.kind !== "delay" && fault.when === "after";
}

function strike(fault: SandboxFault, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  if (fault.kind === "answer") {
    // As it was scripted, without the headers that every answer of the API carries: some 429s come without them.
    const text = toBodyText(fault);
    const length = String(Buffer.byteLength(text));
    const headers = { "content-type": contentTypeOf(fault.body), "content-length": length, ...fault.headers };
    reply.hijack().raw.writeHead(fault.status, headers).end(text);
    return reply;
  }
  if (fault.kind === "reset") return breakConnection(request, reply);
  if (fault.kind === "endless") answerEndlessly(reply.hijack().raw, fault.status ?? 200);
  return reply.hijack();
}

async function strikeAfterwards(
  fault: SandboxFault,
  request: FastifyRequest,
  reply: FastifyReply,
  payload: unknown,
): Promise<unknown> {
  switch (fault.kind) {
    case "answer": {
      reply.code(fault.status).headers({ "content-type": contentTypeOf(fault.body), ...fault.headers });
      const text = toBodyText(fault);
      reply.header("content-length", Buffer.byteLength(text));
      return text;
    }
    case "alter": {
      if (reply.statusCode >= 300 || typeof payload !== "string") return payload;
      const text = stringifyExact(mergePatch(parseExact(payload), fault.patch));
      reply.header("content-length", Buffer.byteLength(text));
      return text;
    }
    case "cut":
      if (typeof payload === "string") cutHalfway(reply.raw, reply.statusCode, payload);
      return neverAnswered();
    case "endless":
      answerEndlessly(reply.raw, fault.status ?? 200);
      return neverAnswered();
    case "reset":
      request.raw.socket.destroy();
      return neverAnswered();
    default:
      return neverAnswered();
  }
}

/** A text goes out as it is, so that an answer can be broken JSON or a proxy's page. */
function toBodyText({ status, body }: { status: number; body?: unknown }): string {
  if (status === 204 || status === 304) return "";
  return typeof body === "string" ? body : stringifyExact(body ?? {});
}

function contentTypeOf(body: unknown): string {
  return typeof body === "string" ? "text/html; charset=utf-8" : "application/json; charset=utf-8";
}

function neverAnswered(): Promise<never> {
  return new Promise(() => {});
}

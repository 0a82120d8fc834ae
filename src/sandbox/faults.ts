import { setTimeout as sleep } from "node:timers/promises";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { stringifyExact } from "./exact-json.js";
import { normalised, routeOf } from "./request-log.js";

/** `before` the request was worked on, or `after` it was accepted and worked on to the end. */
export type FaultMoment = "before" | "after";

interface FaultTarget {
  /** As in `received`: `POST /payout`, `GET /transaction/{id}`, `PUT /storage`, `POST /oauth/token`; `*` for any. */
  route: string;
  /** How many requests it hits; 1 unless told. */
  times?: number;
  /** Hits only requests whose body contains this text. */
  containing?: string;
}

export type SandboxFault = FaultTarget &
  (
    | { kind: "answer"; when?: FaultMoment; status: number; body?: unknown; headers?: Record<string, string> }
    | { kind: "reset"; when: FaultMoment }
    | { kind: "hang"; when: FaultMoment }
    | { kind: "delay"; delayMs: number }
  );

/** A script of faults: each hits the next requests of its route, in the order they were asked for. */
export class FaultScript {
  #waiting: { fault: SandboxFault; left: number }[] = [];
  readonly #afterwards = new WeakMap<FastifyRequest, SandboxFault>();

  add(fault: SandboxFault): void {
    this.#waiting.push({ fault: { ...fault, route: normalised(fault.route) }, left: fault.times ?? 1 });
  }

  clear(): void {
    this.#waiting = [];
  }

  applyTo(app: FastifyInstance): void {
    app.addHook("preHandler", async (request, reply) => {
      const fault = this.#take(routeOf(request), request.body);
      if (fault === undefined) return;
      if (fault.kind === "delay") await sleep(fault.delayMs, undefined, { ref: false });
      else if (isAfter(fault)) this.#afterwards.set(request, fault);
      else return strike(fault, request, reply);
    });
    app.addHook("onSend", async (request, reply, payload) => {
      const fault = this.#afterwards.get(request);
      if (fault === undefined) return payload;
      if (fault.kind === "answer") {
        reply.code(fault.status).headers({ "content-type": contentTypeOf(fault.body), ...fault.headers });
        const text = toBodyText(fault.body);
        reply.header("content-length", Buffer.byteLength(text));
        return text;
      }
      if (fault.kind === "reset") request.raw.socket.destroy();
      return neverAnswered();
    });
  }

  #take(route: string, body: unknown): SandboxFault | undefined {
    const next = this.#waiting.find(
      ({ fault }) => (fault.route === route || fault.route === "*") && contains(body, fault.containing),
    );
    if (next === undefined) return undefined;
    next.left -= 1;
    if (next.left <= 0) this.#waiting = this.#waiting.filter((waiting) => waiting !== next);
    return next.fault;
  }
}

function contains(body: unknown, text: string | undefined): boolean {
  return text === undefined || stringifyExact(body ?? null).includes(text);
}

/** The connection breaks and the caller cannot know what became of its request. */
export function breakConnection(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  reply.hijack();
  request.raw.socket.destroy();
  return reply;
}

function isAfter(fault: SandboxFault): boolean {
  return fault.kind !== "delay" && fault.when === "after";
}

function strike(fault: SandboxFault, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  if (fault.kind === "answer") {
    // As it was scripted, without the headers that every answer of the API carries: some 429s come without them.
    const text = toBodyText(fault.body);
    const length = String(Buffer.byteLength(text));
    const headers = { "content-type": contentTypeOf(fault.body), "content-length": length, ...fault.headers };
    reply.hijack().raw.writeHead(fault.status, headers).end(text);
    return reply;
  }
  if (fault.kind === "reset") return breakConnection(request, reply);
  return reply.hijack();
}

/** A text goes out as it is, so that an answer can be broken JSON or a proxy's page. */
function toBodyText(body: unknown): string {
  return typeof body === "string" ? body : stringifyExact(body ?? {});
}

function contentTypeOf(body: unknown): string {
  return typeof body === "string" ? "text/html; charset=utf-8" : "application/json; charset=utf-8";
}

function neverAnswered(): Promise<never> {
  return new Promise(() => {});
}

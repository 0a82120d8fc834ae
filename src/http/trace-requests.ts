// Each request to /graphql and /webhooks as a span, with all that is done for it inside. Where nothing is traced no hook is
// there at all; where some requests are, the others go the short way.

import type { IncomingMessage } from "node:http";
import type { FastifyError, FastifyInstance, FastifyRequest } from "fastify";
import { AccessError } from "../access/access-error.js";
import { type Span, type Tracing, within } from "../telemetry/tracing.js";
import { Refusal } from "./admission/refusal.js";
import { UploadFault } from "./uploads/upload-faults.js";

export class RequestTracer {
  readonly #tracing: Tracing;
  readonly #spans = new WeakMap<IncomingMessage, Span>();

  constructor(tracing: Tracing) {
    this.#tracing = tracing;
  }

  /** Whether a request to /graphql is among those that are kept. What says no has cost some microseconds. */
  readonly isTraced = (request: IncomingMessage): boolean =>
    this.#tracing.isOn && this.#spanOf(request, "/graphql")?.isRecorded === true;

  watch(app: FastifyInstance): void {
    if (!this.#tracing.isOn) return;
    app.addHook("onRequest", async (request) => {
      const route = request.routeOptions.url;
      if (!isTracedRoute(route)) return;
      this.#spanOf(request.raw, route)?.set({
        "http.request.method": request.method,
        "http.route": route,
        "payout_gateway.request.id": request.id,
        ...(route === "/graphql" ? { "payout_gateway.outcome": "ok" } : {}),
      });
    });
    // What runs inside `done` runs within the span. A body is read by events, which know nothing of one: hence after it.
    app.addHook("preHandler", (request, _reply, done) => {
      const span = this.#knownSpan(request);
      if (span) within(span, done);
      else done();
    });
    app.addHook("onError", async (request, _reply, error) => {
      this.#knownSpan(request)?.set({
        "payout_gateway.outcome": isRefusal(error) ? "refused" : "failed",
        "error.type": error.name,
      });
    });
    app.addHook("onResponse", async (request, { statusCode }) => {
      const span = this.#knownSpan(request);
      span?.set({ "http.response.status_code": statusCode });
      if (statusCode >= 500) span?.fail(String(statusCode));
      span?.end();
    });
  }

  #knownSpan({ raw }: FastifyRequest): Span | undefined {
    return this.#spans.get(raw);
  }

  #spanOf(request: IncomingMessage, route: string): Span | null {
    const known = this.#spans.get(request);
    if (known) return known;
    // The provider is no caller of ours: whoever may reach /webhooks must not say what is kept.
    const { traceparent, tracestate } = route === "/graphql" ? request.headers : {};
    const span = this.#tracing.start(`${request.method} ${route}`, {
      kind: "server",
      traceParent: one(traceparent),
      traceState: one(tracestate),
    });
    if (span) this.#spans.set(request, span);
    return span;
  }
}

function isTracedRoute(route: string | undefined): route is string {
  return route === "/graphql" || route === "/webhooks";
}

function isRefusal(error: FastifyError): boolean {
  const isOurs = error instanceof Refusal || error instanceof AccessError || error instanceof UploadFault;
  return isOurs || (error.statusCode ?? 500) < 500;
}

function one(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header.join(",") : header;
}

// Traces by OpenTelemetry, sent to a collector by OTLP over HTTP. Nothing is registered globally: each gateway of a process
// has its own, and none of the libraries in it is traced without being asked.

import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import {
  type Attributes as ApiAttributes,
  type Span as ApiSpan,
  SpanKind as ApiSpanKind,
  type Context,
  defaultTextMapGetter,
  ROOT_CONTEXT,
  SpanStatusCode,
  TraceFlags,
  type Tracer,
  trace,
} from "@opentelemetry/api";
import { parseTraceParent, W3CTraceContextPropagator } from "@opentelemetry/core";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-proto";
import { resourceFromAttributes } from "@opentelemetry/resources";
import {
  BatchSpanProcessor,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from "@opentelemetry/sdk-trace";
import type { Logger } from "./logger.js";
import { ReportedExporter } from "./reported-exporter.js";
import type { Attributes, RootStart, Span, SpanKind, SpanStart, Tracing } from "./tracing.js";

export interface OtlpTracingOptions {
  /** Where traces are posted to, path included. */
  url: string;
  headers: Readonly<Record<string, string>>;
  serviceName: string;
  serviceVersion: string;
  /** Of the traces that begin here, from 0 to 1; those that a caller began are kept as it says. */
  ratio: number;
  /** How long a stop may wait for the collector. */
  flushMs: number;
  logger: Logger;
}

const exportEveryMs = 2_000;
// Repeats included. What cannot be delivered meanwhile waits in a queue that is bounded, and is dropped when it is full.
const exportTimeoutMs = 5_000;
const maxAttributeLength = 200;
const propagator = new W3CTraceContextPropagator();
const kinds: Readonly<Record<SpanKind, ApiSpanKind>> = {
  server: ApiSpanKind.SERVER,
  client: ApiSpanKind.CLIENT,
  consumer: ApiSpanKind.CONSUMER,
  internal: ApiSpanKind.INTERNAL,
};

export class OtlpTracing implements Tracing {
  readonly isOn = true;
  readonly #provider: TracerProvider;
  readonly #tracer: Tracer;
  readonly #flushMs: number;

  constructor({ url, headers, serviceName, serviceVersion, ratio, flushMs, logger }: OtlpTracingOptions) {
    const collector = new OTLPTraceExporter({ url, headers: { ...headers }, timeoutMillis: exportTimeoutMs });
    this.#provider = new TracerProvider({
      resource: resourceFromAttributes({
        "service.name": serviceName,
        "service.version": serviceVersion,
        "service.instance.id": randomUUID(),
      }),
      sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(ratio) }),
      spanLimits: { attributeValueLengthLimit: maxAttributeLength },
      spanProcessors: [
        new BatchSpanProcessor({
          exporter: new ReportedExporter(collector, logger),
          scheduledDelayMillis: exportEveryMs,
          exportTimeoutMillis: exportTimeoutMs,
        }),
      ],
    });
    this.#tracer = this.#provider.getTracer("payout-gateway", serviceVersion);
    this.#flushMs = flushMs;
  }

  start(name: string, start: RootStart): Span {
    const { traceParent, traceState } = start;
    const carrier = { traceparent: traceParent, tracestate: traceState };
    const parent = traceParent ? propagator.extract(ROOT_CONTEXT, carrier, defaultTextMapGetter) : ROOT_CONTEXT;
    return new OtlpSpan(this.#tracer, parent, name, start);
  }

  async stop(): Promise<void> {
    // A collector that does not answer is not waited for: its answer would come to nobody.
    const flushed = this.#provider.shutdown().catch(() => {});
    const given = new AbortController();
    await Promise.race([flushed, sleep(this.#flushMs, undefined, { signal: given.signal }).catch(() => {})]);
    given.abort();
  }
}

class OtlpSpan implements Span {
  readonly #tracer: Tracer;
  readonly #span: ApiSpan;
  readonly #context: Context;

  constructor(tracer: Tracer, parent: Context, name: string, { kind, attributes = {}, startedAtMs }: SpanStart) {
    this.#tracer = tracer;
    this.#span = tracer.startSpan(
      name,
      {
        kind: kinds[kind],
        attributes: told(attributes),
        ...(startedAtMs === undefined ? {} : { startTime: startedAtMs }),
      },
      parent,
    );
    this.#context = trace.setSpan(parent, this.#span);
  }

  get traceId(): string {
    return this.#span.spanContext().traceId;
  }

  get isRecorded(): boolean {
    return this.#span.isRecording();
  }

  get traceParent(): string {
    const { traceId, spanId, traceFlags } = this.#span.spanContext();
    return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, "0")}`;
  }

  rename(name: string): void {
    this.#span.updateName(name);
  }

  set(attributes: Attributes): void {
    this.#span.setAttributes(told(attributes));
  }

  link(traceParent: string): void {
    const context = parseTraceParent(traceParent);
    // Of a trace that was not kept there is nothing to be led to.
    if (context && (context.traceFlags & TraceFlags.SAMPLED) !== 0) this.#span.addLink({ context });
  }

  fail(type: string): void {
    this.#span.setAttribute("error.type", type);
    this.#span.setStatus({ code: SpanStatusCode.ERROR });
  }

  child(name: string, start: SpanStart): Span {
    return new OtlpSpan(this.#tracer, this.#context, name, start);
  }

  end(): void {
    this.#span.end();
  }
}

function told(attributes: Attributes): ApiAttributes {
  return Object.fromEntries(Object.entries(attributes).filter(([, value]) => value !== undefined)) as ApiAttributes;
}

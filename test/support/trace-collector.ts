// A collector of traces as a test needs it: takes OTLP over HTTP, and tells what came.

import { once } from "node:events";
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { eventually } from "./eventually.js";
import { type Fields, hexOf, messages, numberOf, readFields, textOf } from "./protobuf.js";

export interface CollectedSpan {
  traceId: string;
  spanId: string;
  /** Empty where it is the first of its trace. */
  parentId: string;
  traceState: string;
  name: string;
  kind: "INTERNAL" | "SERVER" | "CLIENT" | "PRODUCER" | "CONSUMER";
  attributes: Record<string, string | number | boolean>;
  links: { traceId: string; spanId: string }[];
  isError: boolean;
  statusMessage: string;
  events: number;
  service: Record<string, string | number | boolean>;
}

const kinds = ["INTERNAL", "INTERNAL", "SERVER", "CLIENT", "PRODUCER", "CONSUMER"] as const;
const errorCode = 2;

export class TraceCollector {
  readonly spans: CollectedSpan[] = [];
  readonly headers: IncomingHttpHeaders[] = [];
  /** All bytes that came, but for the headers, which may hold a secret of the collector's. */
  written = "";
  #answer: number | "never" = 200;
  readonly #server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    this.headers.push(request.headers);
    this.written += body.toString("utf8");
    if (this.#answer === "never") return;
    if (this.#answer === 200) this.spans.push(...spansOf(body));
    response.writeHead(this.#answer).end();
  });

  static async start(): Promise<TraceCollector> {
    const collector = new TraceCollector();
    collector.#server.listen(0, "127.0.0.1");
    await once(collector.#server, "listening");
    return collector;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  answerWith(answer: number | "never"): void {
    this.#answer = answer;
  }

  /** The first that fits, once it has come. */
  span(fits: (span: CollectedSpan) => boolean): Promise<CollectedSpan> {
    return eventually(async () => this.spans.find(fits));
  }

  named(name: string): CollectedSpan[] {
    return this.spans.filter((span) => span.name === name);
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

function spansOf(body: Buffer): CollectedSpan[] {
  return messages(readFields(body), 1).flatMap((resourceSpans) => {
    const [resource] = messages(resourceSpans, 1);
    const service = resource ? attributesOf(resource, 1) : {};
    return messages(resourceSpans, 2).flatMap((scope) => messages(scope, 2).map((span) => toSpan(span, service)));
  });
}

function toSpan(span: Fields, service: CollectedSpan["service"]): CollectedSpan {
  const [status] = messages(span, 15);
  return {
    traceId: hexOf(span, 1),
    spanId: hexOf(span, 2),
    traceState: textOf(span, 3),
    parentId: hexOf(span, 4),
    name: textOf(span, 5),
    kind: kinds[numberOf(span, 6)] as CollectedSpan["kind"],
    attributes: attributesOf(span, 9),
    events: messages(span, 11).length,
    links: messages(span, 13).map((link) => ({ traceId: hexOf(link, 1), spanId: hexOf(link, 2) })),
    isError: status !== undefined && numberOf(status, 3) === errorCode,
    statusMessage: status ? textOf(status, 2) : "",
    service,
  };
}

function attributesOf(fields: Fields, number: number): CollectedSpan["attributes"] {
  return Object.fromEntries(
    messages(fields, number).map((pair) => {
      const [value] = messages(pair, 2) as [Fields];
      const read = value.has(1) ? textOf(value, 1) : value.has(2) ? numberOf(value, 2) === 1 : numberOf(value, 3);
      return [textOf(pair, 1), read];
    }),
  );
}

// A reader of server-sent events as a browser's EventSource is one, except that a test can make it stop reading.

import { type IncomingMessage, request } from "node:http";
import { text } from "node:stream/consumers";

export interface ServerSentEvent {
  id: string | null;
  event: string;
  // biome-ignore lint/suspicious/noExplicitAny: an answer of whatever shape the test asked for
  data: any;
}

export interface EventStreamRequest {
  query: string;
  variables?: Record<string, unknown>;
  headers?: Record<string, string>;
  /** In the URL, as an EventSource has to. */
  isGet?: boolean;
}

export class EventStream implements AsyncIterator<ServerSentEvent> {
  readonly #response: IncomingMessage;
  readonly #chunks: AsyncIterator<string>;
  readonly #waiting: ServerSentEvent[] = [];
  #rest = "";

  constructor(response: IncomingMessage) {
    this.#response = response;
    response.setEncoding("utf8");
    // What breaks the stream ends it; a test looks at what came before.
    response.on("error", () => undefined);
    this.#chunks = response[Symbol.asyncIterator]();
  }

  get status(): number {
    return this.#response.statusCode ?? 0;
  }

  get headers(): IncomingMessage["headers"] {
    return this.#response.headers;
  }

  /** Bytes are read only while somebody waits here. */
  async next(): Promise<IteratorResult<ServerSentEvent, undefined>> {
    for (;;) {
      const event = this.#waiting.shift();
      if (event) return { value: event, done: false };
      const { value, done } = await this.#chunks.next().catch(() => ({ value: undefined, done: true }));
      if (done) return { value: undefined, done: true };
      const blocks = `${this.#rest}${value}`.split("\n\n");
      this.#rest = blocks.pop() ?? "";
      for (const block of blocks) {
        const parsed = parseEvent(block);
        if (parsed) this.#waiting.push(parsed);
      }
    }
  }

  /** The next event, which has to come. */
  async take(): Promise<ServerSentEvent> {
    const { value } = await this.next();
    if (!value) throw new Error("The stream has ended.");
    return value;
  }

  /** Resolves once the server has ended it. */
  async ended(): Promise<ServerSentEvent[]> {
    const events: ServerSentEvent[] = [];
    for (let step = await this.next(); !step.done; step = await this.next()) events.push(step.value);
    return events;
  }

  body(): Promise<string> {
    return text(this.#response);
  }

  close(): void {
    this.#response.destroy();
  }
}

export async function openEventStream(gatewayUrl: string, options: EventStreamRequest): Promise<EventStream> {
  const { query, variables = {}, headers = {}, isGet = false } = options;
  const url = new URL(`${gatewayUrl}/graphql/stream`);
  if (isGet) {
    url.searchParams.set("query", query);
    url.searchParams.set("variables", JSON.stringify(variables));
  }
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const outgoing = request(url, {
      method: isGet ? "GET" : "POST",
      agent: false,
      headers: { accept: "text/event-stream", ...(isGet ? {} : { "content-type": "application/json" }), ...headers },
    });
    outgoing.once("response", resolve).on("error", reject);
    outgoing.end(isGet ? undefined : JSON.stringify({ query, variables }));
  });
  return new EventStream(response);
}

function parseEvent(block: string): ServerSentEvent | null {
  const fields = new Map<string, string>();
  for (const line of block.split("\n")) {
    const colon = line.indexOf(":");
    // A line that begins with a colon is a comment.
    if (colon > 0) fields.set(line.slice(0, colon), line.slice(colon + 1).trim());
  }
  if (!fields.has("data")) return null;
  const data = fields.get("data");
  return {
    id: fields.get("id") ?? null,
    event: fields.get("event") ?? "message",
    data: data ? JSON.parse(data) : null,
  };
}

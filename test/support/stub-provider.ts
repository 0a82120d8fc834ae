// A real HTTP server whose answers a test writes down: for what a faithful provider never does. It forgets nothing of
// what it received, down to the raw bytes.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type Logger, pino } from "pino";
import { ProviderClient, type ProviderClientOptions } from "../../src/datasources/provider-client.js";

export interface ReceivedRequest {
  method: string;
  path: string;
  query: URLSearchParams;
  headers: IncomingMessage["headers"];
  rawHeaders: string[];
  body: Buffer;
}

export interface StubAnswer {
  status?: number;
  headers?: Record<string, string>;
  /** A string goes out as it is, anything else as JSON. */
  body?: unknown;
}

/** A function that returns nothing answers, or fails to, by itself. */
export type StubHandler =
  | StubAnswer
  | ((request: ReceivedRequest, response: ServerResponse) => StubAnswer | undefined | Promise<StubAnswer | undefined>);

export class StubProvider {
  readonly #server: Server;
  readonly #handlers = new Map<string, StubHandler[]>();
  readonly #received: ReceivedRequest[] = [];
  connections = 0;

  constructor() {
    this.#server = createServer((request, response) => void this.#serve(request, response));
    this.#server.on("connection", () => {
      this.connections += 1;
    });
    this.answer("POST /oauth/token", { body: { token_type: "Bearer", expires_in: 900, access_token: "token-1" } });
  }

  async start(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    return this;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Each handler serves one request, the last one all that follow. */
  answer(route: string, ...handlers: StubHandler[]): void {
    this.#handlers.set(route, handlers);
  }

  received(route: string): ReceivedRequest[] {
    return this.#received.filter((request) => `${request.method} ${request.path}` === route);
  }

  async #serve(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of message) chunks.push(chunk as Buffer);
    const url = new URL(message.url ?? "/", this.url);
    const request: ReceivedRequest = {
      method: message.method ?? "",
      path: url.pathname,
      query: url.searchParams,
      headers: message.headers,
      rawHeaders: message.rawHeaders,
      body: Buffer.concat(chunks),
    };
    this.#received.push(request);
    const handlers = this.#handlers.get(`${request.method} ${request.path}`) ?? [];
    const handler = (handlers.length > 1 ? handlers.shift() : handlers[0]) ?? {
      status: 404,
      body: { message: "The route could not be found." },
    };
    const answer = typeof handler === "function" ? await handler(request, response) : handler;
    if (answer) write(response, answer);
  }
}

function write(response: ServerResponse, { status = 200, headers = {}, body = "" }: StubAnswer): void {
  response.writeHead(status, { "Content-Type": "application/json", ...headers });
  response.end(typeof body === "string" ? body : JSON.stringify(body));
}

const closers: (() => void | Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

export async function startStubProvider(): Promise<StubProvider> {
  const provider = await new StubProvider().start();
  closers.push(() => provider.stop());
  return provider;
}

export const stubCredentials = {
  clientId: "client-1",
  clientSecret: "s3cret-value",
  scope: "customer:read payout:create",
};

export const silent: Logger = pino({ level: "silent" });

/** A client of the stub, closed after the test. */
export function connect(provider: { url: string }, options: Partial<ProviderClientOptions> = {}): ProviderClient {
  const client = new ProviderClient({
    baseUrl: provider.url,
    credentials: stubCredentials,
    timeoutMs: 5_000,
    logger: silent,
    userAgent: "payout-gateway/test",
    ...options,
  });
  closers.push(() => client.close());
  return client;
}

/** The error of a call that has to fail. */
export async function failureOf(call: Promise<unknown>): Promise<unknown> {
  try {
    await call;
  } catch (error) {
    return error;
  }
  throw new Error("The call did not fail.");
}

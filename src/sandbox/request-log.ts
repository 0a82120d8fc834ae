import type { IncomingHttpHeaders } from "node:http";
import type { FastifyInstance, FastifyRequest } from "fastify";

export interface ReceivedRequest {
  method: string;
  /** With the query string. */
  path: string;
  headers: IncomingHttpHeaders;
  /** The bytes as text; empty for the storage, which keeps no bytes. */
  rawBody: string;
  /** Parsed by JSON.parse, so with floats: for exact amounts look at rawBody. Form fields as an object. */
  body: unknown;
  at: Date;
}

const maxKept = 10_000;

/** What reached the simulated provider, newest last, refused requests too. In memory only. */
export class RequestLog {
  readonly #entries: { route: string; request: ReceivedRequest }[] = [];
  readonly #byRequest = new WeakMap<FastifyRequest, ReceivedRequest>();

  recordOn(app: FastifyInstance): void {
    app.addHook("onRequest", async (request) => {
      const entry: ReceivedRequest = {
        method: request.method,
        path: request.url,
        headers: request.headers,
        rawBody: "",
        body: undefined,
        at: new Date(),
      };
      this.#byRequest.set(request, entry);
      this.#entries.push({ route: routeOf(request), request: entry });
      if (this.#entries.length > maxKept) this.#entries.shift();
    });
  }

  recordBody(request: FastifyRequest, rawBody: string, body: unknown): void {
    const entry = this.#byRequest.get(request);
    if (entry === undefined) return;
    entry.rawBody = rawBody;
    entry.body = body;
  }

  received(route: string): ReceivedRequest[] {
    const wanted = normalised(route);
    return this.#entries.filter((entry) => entry.route === wanted).map((entry) => entry.request);
  }
}

/** `GET /customer/{id}`: the prefix is left out and every parameter is called id. The storage is `PUT /storage`. */
export function routeOf(request: FastifyRequest): string {
  return normalised(`${request.method} ${request.routeOptions.url ?? request.url.split("?")[0]}`);
}

export function normalised(route: string): string {
  return route
    .replace("/api/external", "")
    .replace(/:\w+|\{\w+\}/g, "{id}")
    .replace(/ \/storage\/.*$/, " /storage");
}

// Subscriptions over server-sent events. Each event carries its cursor as id, so that a browser which reconnects by
// itself says where it was.

import type { OutgoingHttpHeaders } from "node:http";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { GraphQLSchema } from "graphql";
import { createHandler, type OperationArgs } from "graphql-sse";
import type { AdmittedOperation } from "./admission/admission.js";
import { principalOf } from "./authenticate.js";
import type { CreateContext } from "./create-context.js";
import type { Session } from "./session.js";
import type { Sessions } from "./sessions.js";
import type { EventResults, Subscriber, SubscriptionArgs } from "./subscribe.js";

export interface EventStreamParts {
  schema: GraphQLSchema;
  subscriber: Subscriber;
  createContext: CreateContext;
  sessions: Sessions;
  admittedOf: (request: FastifyRequest) => AdmittedOperation;
}

/** Lets one event out at a time: the library would take them all and keep them for a client that does not read. */
class Pace {
  readonly cursors: string[] = [];
  #written = Promise.resolve();
  #release = () => {};

  /** Waits until the event before this one has left. */
  async turn(cursor: string): Promise<void> {
    await this.#written;
    this.cursors.push(cursor);
    this.#written = new Promise((resolve) => {
      this.#release = resolve;
    });
  }

  release(): void {
    this.#release();
  }
}

/** What belongs to one stream. */
interface Stream {
  session: Session;
  pace: Pace;
}

type StreamArgs = SubscriptionArgs & { pace: Pace };

export function createEventStreamHandler(parts: EventStreamParts) {
  const { schema, subscriber, createContext, sessions, admittedOf } = parts;
  const handle = createHandler<FastifyRequest, Stream, never>({
    // One connection for each subscription: no stream is kept for a client that has gone.
    authenticate: () => null,
    // Admission has validated already.
    validate: () => [],
    onSubscribe: (request): OperationArgs<never> => {
      const { session, pace } = request.context;
      const { document, operationName, variables } = admittedOf(request.raw);
      const requestId = request.raw.id;
      const lifetime = session.subscribe();
      const renewContext = () => createContext({ requestId, principal: session.principal, lifetime });
      const lastEventId = request.headers.get("last-event-id") || null;
      const args: StreamArgs = {
        schema,
        document,
        operationName,
        variableValues: variables,
        contextValue: createContext({ requestId, principal: session.principal, lifetime, lastEventId }),
        renewContext,
        lifetime,
        pace,
      };
      return args as unknown as OperationArgs<never>;
    },
    subscribe: async (args) => {
      const { pace, ...subscription } = args as unknown as StreamArgs;
      const results = await subscriber.subscribe(subscription);
      return Symbol.asyncIterator in results ? paced(results, pace) : results;
    },
  });

  return async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    const pace = new Pace();
    // A stream that ends without its last event is taken up again by the client, with a new credential.
    const session = sessions.open(principalOf(request), { closed: () => reply.raw.end() });
    reply.raw.once("close", () => sessions.release(session));
    const [body, { status, headers }] = await handle({
      // The library looks for a query before it asks what was admitted, which may have been named by its hash in a URL.
      method: "POST",
      url: request.url,
      headers: { get: (name) => headerOf(request, name) },
      body: { query: admittedOf(request).text },
      raw: request,
      context: { session, pace },
    });
    if (body === null || typeof body === "string") {
      await reply
        .code(status)
        .headers(headers ?? {})
        .send(body ?? "");
      return;
    }
    reply.hijack();
    // Proxies that collect an answer before they pass it on would hold events back.
    reply.raw.writeHead(status, {
      ...(reply.getHeaders() as OutgoingHttpHeaders),
      ...headers,
      "x-accel-buffering": "no",
    });
    await write(body, reply, pace);
  };
}

function headerOf(request: FastifyRequest, name: string): string {
  // The route is nothing but an event stream, whatever else a client would take.
  if (name === "accept") return "text/event-stream";
  if (name === "content-type") return "application/json";
  const value = request.headers[name];
  return Array.isArray(value) ? value.join(",") : (value ?? "");
}

function paced(results: EventResults, pace: Pace): EventResults {
  return {
    async next() {
      const step = await results.next();
      if (!step.done) await pace.turn(step.value.event?.cursor ?? "");
      return step;
    },
    return: async () => {
      pace.release();
      return results.return();
    },
    throw: async (error) => {
      pace.release();
      return results.throw(error);
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

async function write(body: AsyncGenerator<string, void>, { raw }: FastifyReply, pace: Pace): Promise<void> {
  const stop = () => {
    pace.release();
    void body.return();
  };
  raw.once("close", stop);
  try {
    for await (const chunk of body) {
      const cursor = chunk.startsWith("event: next") ? pace.cursors.shift() : undefined;
      const text = cursor ? `id: ${cursor}\n${chunk}` : chunk;
      const isOpen = await new Promise<boolean>((resolve) => {
        if (!raw.writable) return resolve(false);
        raw.write(text, (error) => resolve(!error));
      });
      if (!isOpen) break;
      if (cursor !== undefined) pace.release();
    }
    raw.end();
  } catch {
    // It is in the log. A connection that breaks, unlike one that ends, is taken up again by the client.
    raw.destroy();
  } finally {
    raw.off("close", stop);
  }
}

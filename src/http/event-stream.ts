// Subscriptions over server-sent events. Each event carries its cursor as id, so that a browser which reconnects by
// itself says where it was.

import type { OutgoingHttpHeaders, ServerResponse } from "node:http";
import type { FastifyReply, FastifyRequest } from "fastify";
import { type ExecutionResult, GraphQLError, type GraphQLSchema } from "graphql";
import { createHandler, type OperationArgs } from "graphql-sse";
import type { AdmittedOperation } from "./admission/admission.js";
import { principalOf } from "./authenticate.js";
import type { Session } from "./session.js";
import type { Sessions } from "./sessions.js";
import { StreamSink } from "./stream-sink.js";
import type { Subscriber, SubscriptionRequest } from "./subscribe.js";
import { Subscription } from "./subscription.js";

export interface EventStreamParts {
  schema: GraphQLSchema;
  subscriber: Subscriber;
  sessions: Sessions;
  admittedOf: (request: FastifyRequest) => AdmittedOperation;
}

type StreamArgs = OperationArgs<never> & { subscription: SubscriptionRequest };

/** What belongs to one stream. */
interface StreamContext {
  session: Session;
  sink: StreamSink;
}

export function createEventStreams(parts: EventStreamParts) {
  const { schema, subscriber, sessions, admittedOf } = parts;
  const handle = createHandler<FastifyRequest, StreamContext, never>({
    // One connection for each subscription: no stream is kept for a client that has gone.
    authenticate: () => null,
    // Admission has validated already.
    validate: () => [],
    onSubscribe: (request): OperationArgs<never> => {
      const { session, sink } = request.context;
      const operation = admittedOf(request.raw);
      const { document, operationName, variables } = operation;
      const subscription: SubscriptionRequest = {
        operation,
        requestId: request.raw.id,
        principal: session.principal,
        lifetime: session.subscribe(),
        lastEventId: request.headers.get("last-event-id") || null,
        sink,
      };
      const args = { schema, document, operationName, variableValues: variables, contextValue: null, subscription };
      return args as unknown as StreamArgs;
    },
    subscribe: async (args) => {
      const begun = await subscriber.subscribe((args as unknown as StreamArgs).subscription);
      return begun instanceof Subscription ? withLastWord(begun) : begun;
    },
  });

  const open = new Set<ServerResponse>();
  let isEnding = false;
  const answer = async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    const sink = new StreamSink(reply.raw);
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
      context: { session, sink },
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
    open.add(reply.raw);
    if (isEnding) reply.raw.end();
    await write(body, reply, sink);
    open.delete(reply.raw);
  };
  return {
    handle: answer,
    end: () => {
      isEnding = true;
      for (const raw of open) raw.end();
    },
  };
}

function headerOf(request: FastifyRequest, name: string): string {
  // The route is nothing but an event stream, whatever else a client would take.
  if (name === "accept") return "text/event-stream";
  if (name === "content-type") return "application/json";
  const value = request.headers[name];
  return Array.isArray(value) ? value.join(",") : (value ?? "");
}

/** A stream breaks so that it is taken up again. One that could not be taken up says so as its last event, and ends. */
function withLastWord(subscription: Subscription): AsyncIterableIterator<ExecutionResult, undefined> {
  return {
    next: () =>
      subscription.next().catch((error) => {
        if (!(error instanceof GraphQLError && error.extensions.code === "CURSOR_EXPIRED")) throw error;
        return { done: false, value: { errors: [error] } };
      }),
    return: () => subscription.return(),
    throw: (error) => subscription.throw(error),
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

/** What is no event: the library's pings, an answer that is none, and the end. */
async function write(body: AsyncGenerator<string, void>, { raw }: FastifyReply, sink: StreamSink): Promise<void> {
  const stop = () => void body.return();
  raw.once("close", stop);
  try {
    sink.open();
    for await (const chunk of body) {
      const isOpen = await new Promise<boolean>((resolve) => {
        if (raw.writableEnded || !raw.writable) return resolve(false);
        raw.write(chunk, (error) => resolve(!error));
      });
      if (!isOpen) break;
    }
    raw.end();
  } catch {
    // It is in the log. A connection that breaks, unlike one that ends, is taken up again by the client.
    raw.destroy();
  } finally {
    raw.off("close", stop);
  }
}

// GraphQL over WebSocket on /graphql. Of subscriptions the protocol's library keeps when they begin and end; their events
// do not pass through it.

import { randomUUID } from "node:crypto";
import type { IncomingMessage, Server } from "node:http";
import { type ExecutionArgs, GraphQLError, type GraphQLSchema } from "graphql";
import { handleProtocols, makeServer } from "graphql-ws";
import { type WebSocket, WebSocketServer } from "ws";
import { AccessError } from "../access/access-error.js";
import type { Logger } from "../telemetry/logger.js";
import type { Admission } from "./admission/admission.js";
import { readRequest } from "./admission/read-request.js";
import { Refusal } from "./admission/refusal.js";
import { attachSocket, type SocketExtra } from "./attach-socket.js";
import { mayOpenSocket } from "./browser-rules.js";
import type { CreateContext } from "./create-context.js";
import { KeepAlive, type KeepAliveTimes } from "./keep-alive.js";
import type { Session } from "./session.js";
import { openSession, renewSession, type SocketAccess } from "./socket-session.js";
import { SocketSink } from "./socket-sink.js";
import type { Subscriber, SubscriptionRequest } from "./subscribe.js";

export interface WebSocketParts extends SocketAccess {
  logger: Logger;
  server: Server;
  schema: GraphQLSchema;
  subscriber: Subscriber;
  createContext: CreateContext;
  admission: Admission;
  corsOrigins: readonly string[];
  maxMessageBytes: number;
  initTimeoutMs?: number;
  keepAliveTimes?: KeepAliveTimes;
}

/** The library hands them on as they are. */
interface SubscriptionArgs extends ExecutionArgs {
  subscription: SubscriptionRequest;
}

// One that is gone is found within half a minute; one that reads nothing for a minute gets all of it afterwards.
const defaultKeepAlive: KeepAliveTimes = { everyMs: 12_000, slowMs: 300_000 };
const byeMs = 500;

/** Answers a function that closes every socket, so that its client comes back to another node. */
export function serveWebSocket(parts: WebSocketParts): () => Promise<void> {
  const {
    logger,
    server,
    schema,
    subscriber,
    createContext,
    admission,
    callers,
    corsOrigins,
    onRefused,
    maxMessageBytes,
    initTimeoutMs = 10_000,
    keepAliveTimes = defaultKeepAlive,
  } = parts;
  // Events are written as whole frames, beside the library: nothing it sends may be compressed or in parts.
  const options = { noServer: true, perMessageDeflate: false, maxPayload: maxMessageBytes, handleProtocols };
  const sockets = new WebSocketServer(options);
  const keepAlive = new KeepAlive(keepAliveTimes);
  const sessionsOf = new WeakMap<WebSocket, Session>();
  const ends = new WeakMap<object, () => void>();
  const protocol = makeServer<Record<string, unknown>, SocketExtra>({
    connectionInitWaitTimeout: initTimeoutMs,
    onConnect: async ({ connectionParams, extra }) => {
      const { socket, address, authorization } = extra;
      const credential = connectionParams?.authorization ?? authorization;
      // It is needed once, and the connection may be open for days.
      extra.authorization = undefined;
      if (connectionParams) Object.assign(connectionParams, { authorization: undefined });
      const session = await openSession(parts, socket, credential, address);
      if (session) sessionsOf.set(socket, session);
      return session !== null;
    },
    execute: async (args) => {
      try {
        return await subscriber.execute(args);
      } finally {
        ends.get(args.contextValue as object)?.();
      }
    },
    subscribe: (args) => subscriber.subscribe((args as unknown as SubscriptionArgs).subscription),
    onSubscribe: ({ extra: { socket, connection } }, id, payload) => {
      const session = sessionsOf.get(socket) as Session;
      const { principal } = session;
      try {
        callers.request(principal);
        const operation = admission.admit(principal, readRequest(payload), "socket", null);
        // It was read, and would be kept as long as the subscription.
        Object.assign(payload, { query: "" });
        const requestId = newRequestId();
        const { document, operationName, variables } = operation;
        const args = { schema, document, operationName, variableValues: variables };
        if (operation.operation.operation === "subscription") {
          callers.subscription(principal);
          const lifetime = session.subscribe();
          const sink = new SocketSink(socket, connection, id);
          const subscription = { operation, requestId, principal, lifetime, sink };
          return { ...args, contextValue: null, subscription } satisfies SubscriptionArgs;
        }
        const end = callers.operation(principal);
        const contextValue = createContext({ requestId, principal });
        ends.set(contextValue, end);
        return { ...args, contextValue };
      } catch (error) {
        const [errors, reason] = refusedAs(error);
        onRefused(reason);
        return errors;
      }
    },
  });
  sockets.on("connection", (socket: WebSocket, request: IncomingMessage) => {
    const { socket: connection } = request;
    const address = connection.remoteAddress ?? "";
    attachSocket(protocol, {
      socket,
      connection,
      address,
      authorization: request.headers.authorization,
      logger,
      onPing: async (payload) => {
        const session = sessionsOf.get(socket);
        const isRenewal = session && payload?.authorization;
        return isRenewal ? renewSession(parts, session, payload, address) : payload;
      },
    });
  });
  server.on("upgrade", (request, socket, head) => {
    const refuse = (status: string) => {
      // Nobody else listens any more: a connection that broke now would end the process, and a half-open one its stop.
      socket.on("error", () => socket.destroy());
      socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\n\r\n`, () => socket.destroy());
    };
    if (request.url?.split("?")[0] !== "/graphql") return refuse("404 Not Found");
    // Browsers let any page open a socket to anywhere; what is not asked from our own pages is not answered.
    if (!mayOpenSocket(request.headers, corsOrigins)) return refuse("403 Forbidden");
    sockets.handleUpgrade(request, socket, head, (opened) => {
      keepAlive.watch(opened, socket);
      sockets.emit("connection", opened, request);
    });
  });
  return async () => {
    for (const socket of sockets.clients) socket.close(1001, "Going away");
    // A client that does not read says no goodbye.
    const deadline = setTimeout(() => {
      for (const socket of sockets.clients) socket.terminate();
    }, byeMs);
    await new Promise<void>((resolve) => sockets.close(() => resolve()));
    clearTimeout(deadline);
  };
}

/** In one piece: what the system makes is a chain of fifteen, each of which would be kept with it. */
function newRequestId(): string {
  return Buffer.from(randomUUID(), "latin1").toString("latin1");
}

function refusedAs(error: unknown): [readonly GraphQLError[], string] {
  if (error instanceof Refusal) return [error.errors, error.reason];
  if (!(error instanceof AccessError)) throw error;
  return [[new GraphQLError(error.message, { extensions: { code: error.code } })], error.code.toLowerCase()];
}

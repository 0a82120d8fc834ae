// GraphQL over WebSocket on /graphql. A client that reads slowly is read from the log slowly: the next event is taken
// only when the last one has left.

import { randomUUID } from "node:crypto";
import type { IncomingMessage, Server } from "node:http";
import type { GraphQLSchema } from "graphql";
import { handleProtocols, makeServer } from "graphql-ws";
import { type WebSocket, WebSocketServer } from "ws";
import type { AuditTrail } from "../access/audit-trail.js";
import type { Authenticator } from "../access/authenticator.js";
import type { Logger } from "../telemetry/logger.js";
import { attachSocket, type SocketExtra } from "./attach-socket.js";
import type { CreateContext } from "./create-context.js";
import { type KeepAliveTimes, keepAlive } from "./keep-alive.js";
import { prepareOperation } from "./prepare-operation.js";
import type { Session } from "./session.js";
import type { Sessions } from "./sessions.js";
import { openSession, renewSession } from "./socket-session.js";
import type { Subscriber, SubscriptionArgs } from "./subscribe.js";

export interface WebSocketParts {
  logger: Logger;
  server: Server;
  schema: GraphQLSchema;
  subscriber: Subscriber;
  createContext: CreateContext;
  hasIntrospection: boolean;
  maxMessageBytes: number;
  authenticator: Authenticator;
  sessions: Sessions;
  audit: AuditTrail;
  initTimeoutMs?: number;
  keepAliveTimes?: KeepAliveTimes;
}

// One that is gone is found within half a minute; one that reads nothing for a minute gets all of it afterwards.
const defaultKeepAlive: KeepAliveTimes = { everyMs: 12_000, slowMs: 90_000 };
const byeMs = 500;

/** Answers a function that closes every socket, so that its client comes back to another node. */
export function serveWebSocket(parts: WebSocketParts): () => Promise<void> {
  const {
    logger,
    server,
    schema,
    subscriber,
    createContext,
    hasIntrospection,
    maxMessageBytes,
    initTimeoutMs = 10_000,
    keepAliveTimes = defaultKeepAlive,
  } = parts;
  const sockets = new WebSocketServer({ noServer: true, maxPayload: maxMessageBytes, handleProtocols });
  const sessionsOf = new WeakMap<WebSocket, Session>();
  const protocol = makeServer<Record<string, unknown>, SocketExtra>({
    connectionInitWaitTimeout: initTimeoutMs,
    onConnect: async ({ connectionParams, extra: { socket, request } }) => {
      const session = await openSession(
        parts,
        socket,
        connectionParams?.authorization ?? request.headers.authorization,
      );
      if (session) sessionsOf.set(socket, session);
      return session !== null;
    },
    execute: (args) => subscriber.execute(args),
    subscribe: (args) => subscriber.subscribe(args as SubscriptionArgs),
    onSubscribe: ({ extra: { socket } }, _id, payload) => {
      const session = sessionsOf.get(socket) as Session;
      const prepared = prepareOperation(schema, hasIntrospection, session.principal, payload, parts.audit);
      if (!("document" in prepared)) return prepared;
      const { operation, ...executable } = prepared;
      const lifetime = operation.operation === "subscription" ? session.subscribe() : undefined;
      const renewContext = () =>
        createContext({ requestId: randomUUID(), principal: session.principal, ...(lifetime ? { lifetime } : {}) });
      const args = { ...executable, schema, contextValue: renewContext(), renewContext };
      return (lifetime ? { ...args, lifetime } : args) as SubscriptionArgs;
    },
  });
  sockets.on("connection", (socket: WebSocket, request: IncomingMessage) => {
    attachSocket(protocol, {
      socket,
      request,
      logger,
      onPing: async (payload) => {
        const session = sessionsOf.get(socket);
        return session && payload?.authorization ? renewSession(parts, session, payload) : payload;
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
    if (isOfAnotherSite(request)) return refuse("403 Forbidden");
    sockets.handleUpgrade(request, socket, head, (opened) => {
      keepAlive(opened, socket, keepAliveTimes);
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

/** Only browsers say where a request comes from: a client without an origin is no page. */
function isOfAnotherSite({ headers: { origin, host } }: IncomingMessage): boolean {
  if (!origin) return false;
  return !URL.canParse(origin) || new URL(origin).host !== host;
}

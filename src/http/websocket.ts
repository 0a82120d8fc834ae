// GraphQL over WebSocket on /graphql. A client that reads slowly is read from the log slowly: the next event is taken
// only when the last one has left.

import { randomUUID } from "node:crypto";
import type { Server } from "node:http";
import type { GraphQLSchema } from "graphql";
import { useServer } from "graphql-ws/use/ws";
import { WebSocketServer } from "ws";
import type { CreateContext } from "./create-context.js";
import { prepareOperation } from "./prepare-operation.js";
import type { Subscriber, SubscriptionArgs } from "./subscribe.js";

export interface WebSocketParts {
  server: Server;
  schema: GraphQLSchema;
  subscriber: Subscriber;
  createContext: CreateContext;
  hasIntrospection: boolean;
  maxMessageBytes: number;
}

const keepAliveMs = 12_000;
const initTimeoutMs = 10_000;

/** Answers a function that closes every socket, so that its client comes back to another node. */
export function serveWebSocket(parts: WebSocketParts): () => Promise<void> {
  const { server, schema, subscriber, createContext, hasIntrospection, maxMessageBytes } = parts;
  const sockets = new WebSocketServer({ noServer: true, maxPayload: maxMessageBytes });
  useServer(
    {
      connectionInitWaitTimeout: initTimeoutMs,
      execute: (args) => subscriber.execute(args),
      subscribe: (args) => subscriber.subscribe(args as SubscriptionArgs),
      onSubscribe: (_ctx, _id, payload) => {
        const prepared = prepareOperation(schema, hasIntrospection, payload);
        if (!("document" in prepared)) return prepared;
        const renewContext = () => createContext({ requestId: randomUUID(), lastEventId: null });
        return { ...prepared, schema, contextValue: renewContext(), renewContext } as SubscriptionArgs;
      },
    },
    sockets,
    keepAliveMs,
  );
  server.on("upgrade", (request, socket, head) => {
    if (request.url?.split("?")[0] !== "/graphql") {
      socket.end("HTTP/1.1 404 Not Found\r\nConnection: close\r\n\r\n");
      return;
    }
    sockets.handleUpgrade(request, socket, head, (opened) => sockets.emit("connection", opened, request));
  });
  return async () => {
    for (const socket of sockets.clients) socket.close(1001, "Going away");
    await new Promise<void>((resolve) => sockets.close(() => resolve()));
  };
}

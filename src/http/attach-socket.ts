// Ties one WebSocket to the GraphQL protocol. The library's own tie answers a ping by repeating what was in it, and a
// credential is not to be repeated.

import type { Duplex } from "node:stream";
import { CloseCode, type Server } from "graphql-ws";
import type { WebSocket } from "ws";
import type { Logger } from "../telemetry/logger.js";

export interface SocketExtra extends Record<PropertyKey, unknown> {
  socket: WebSocket;
  /** What the socket is made of. */
  connection: Duplex;
  address: string;
  /** What the request for the connection said, where it said so. */
  authorization: string | undefined;
}

export interface AttachedSocket extends SocketExtra {
  /** What a ping is answered with. */
  onPing: (payload: Record<string, unknown> | undefined) => Promise<Record<string, unknown> | undefined>;
  logger: Logger;
}

export function attachSocket(protocol: Server<SocketExtra>, attached: AttachedSocket): void {
  const { socket, connection, address, authorization, onPing, logger } = attached;
  const fail = (error: unknown) => {
    logger.debug({ err: error }, "socket broke off");
    // The reason would else be the message of whatever error it was.
    socket.close(CloseCode.InternalServerError, "Internal server error");
  };
  const send = (data: string) =>
    new Promise<void>((resolve, reject) => {
      if (socket.readyState !== socket.OPEN) resolve();
      else socket.send(data, (error) => (error ? reject(error) : resolve()));
    });
  socket.on("error", fail);
  const closed = protocol.opened(
    {
      protocol: socket.protocol,
      send,
      close: (code, reason) => socket.close(code, reason),
      onMessage: (take) =>
        socket.on("message", (message) => {
          take(parsed(String(message))).catch(fail);
        }),
      onPing: async (payload) => {
        const answer = await onPing(payload);
        await send(JSON.stringify(answer ? { type: "pong", payload: answer } : { type: "pong" }));
      },
    },
    { socket, connection, address, authorization },
  );
  socket.once("close", (code, reason) => void closed(code, String(reason)));
}

/** The library keeps what it is given for as long as a subscription lasts, and takes what is read already as it is. */
function parsed(text: string): string {
  try {
    const message = JSON.parse(text);
    // What is text within text would be read twice.
    return typeof message === "string" ? text : message;
  } catch {
    // What is wrong with it is for the library to say.
    return text;
  }
}

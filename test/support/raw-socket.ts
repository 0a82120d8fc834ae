// The GraphQL WebSocket protocol by hand: what a client library would not send, and a client that stops reading.

import { once } from "node:events";
import WebSocket from "ws";

export interface SocketMessage {
  id?: string;
  type: string;
  // biome-ignore lint/suspicious/noExplicitAny: an answer of whatever shape the test asked for
  payload?: any;
}

export class RawSocket {
  readonly socket: WebSocket;
  /** The close code, once it is closed. */
  readonly closed: Promise<number>;
  /** What the close frame said. */
  readonly closeReason: Promise<string>;
  readonly #waiting: SocketMessage[] = [];
  #wake = () => {};

  constructor(socket: WebSocket) {
    this.socket = socket;
    this.closed = new Promise((resolve) => socket.once("close", resolve));
    this.closeReason = new Promise((resolve) => socket.once("close", (_code, reason) => resolve(String(reason))));
    socket.on("error", () => undefined);
    socket.on("message", (data) => {
      this.#waiting.push(JSON.parse(String(data)));
      this.#wake();
    });
    socket.once("close", () => this.#wake());
  }

  send(message: SocketMessage | string): void {
    this.socket.send(typeof message === "string" ? message : JSON.stringify(message));
  }

  async init(credential?: string): Promise<this> {
    const payload = credential === undefined ? undefined : { authorization: `Bearer ${credential}` };
    this.send({ type: "connection_init", payload });
    await this.take();
    return this;
  }

  subscribe(id: string, query: string, variables: Record<string, unknown> = {}): void {
    this.send({ id, type: "subscribe", payload: { query, variables } });
  }

  /** The next message, which has to come. */
  async take(): Promise<SocketMessage> {
    for (;;) {
      const message = this.#waiting.shift();
      if (message) return message;
      if (this.socket.readyState === WebSocket.CLOSED) throw new Error("The socket is closed.");
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}

const opened = new Set<WebSocket>();

afterEach(() => {
  for (const socket of opened) socket.terminate();
  opened.clear();
});

export async function openSocket(gatewayUrl: string): Promise<RawSocket> {
  const socket = new WebSocket(`${gatewayUrl.replace("http", "ws")}/graphql`, "graphql-transport-ws");
  opened.add(socket);
  await once(socket, "open");
  return new RawSocket(socket);
}

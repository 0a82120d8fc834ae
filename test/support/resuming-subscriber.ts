// Follows every status change and comes back by its last cursor whenever its connection ends, as the pages on live status
// tell client developers to.

import { setTimeout as sleep } from "node:timers/promises";
import WebSocket from "ws";

const subscription = "subscription ($after: Cursor) { statusChanged(after: $after) { cursor } }";
const pauseMs = 50;

export class ResumingSubscriber {
  readonly cursors: string[] = [];
  readonly errors: unknown[] = [];
  /** How each connection ended that had been taken. One that a leaving node did not take any more is tried again. */
  readonly closeCodes: number[] = [];
  readonly #url: string;
  readonly #start: string;
  readonly #ended: Promise<void>;
  #socket: WebSocket | null = null;
  #isStopped = false;

  constructor(gatewayUrl: string, start: string) {
    this.#url = `${gatewayUrl.replace("http", "ws")}/graphql`;
    this.#start = start;
    this.#ended = this.#follow();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#socket?.close(1000);
    await this.#ended;
  }

  async #follow(): Promise<void> {
    while (!this.#isStopped) {
      const code = await this.#read();
      if (this.#isStopped) return;
      if (code !== null) this.closeCodes.push(code);
      await sleep(pauseMs * (1 + Math.random()));
    }
  }

  /** Answers null where it was not taken. */
  #read(): Promise<number | null> {
    let isTaken = false;
    const socket = new WebSocket(this.#url, "graphql-transport-ws");
    this.#socket = socket;
    socket.on("error", () => {});
    socket.on("open", () => {
      isTaken = true;
      socket.send(JSON.stringify({ type: "connection_init" }));
    });
    socket.on("message", (text) => {
      const { type, payload } = JSON.parse(String(text));
      if (type === "connection_ack") {
        const variables = { after: this.cursors.at(-1) ?? this.#start };
        socket.send(JSON.stringify({ id: "1", type: "subscribe", payload: { query: subscription, variables } }));
      }
      if (type === "ping") socket.send(JSON.stringify({ type: "pong" }));
      if (type === "error" || payload?.errors) this.errors.push(payload);
      else if (type === "next") this.cursors.push(payload.data.statusChanged.cursor);
    });
    return new Promise((resolve) => socket.once("close", (code) => resolve(isTaken ? code : null)));
  }
}

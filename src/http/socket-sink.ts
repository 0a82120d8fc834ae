// The way to the subscriber behind one id of one WebSocket.

import type { WebSocket } from "ws";
import { type EventSink, mostUnreadBytes, type SubscriptionEvent } from "./subscription-event.js";

const asText = { binary: false };

export class SocketSink implements EventSink {
  readonly #socket: WebSocket;
  readonly #id: string;

  constructor(socket: WebSocket, id: string) {
    this.#socket = socket;
    this.#id = id;
  }

  whenOpen(begin: () => void): void {
    begin();
  }

  push(event: SubscriptionEvent): boolean {
    // One that is closing is told of its end by others.
    if (this.#socket.readyState !== this.#socket.OPEN) return true;
    if (this.#socket.bufferedAmount > mostUnreadBytes) return false;
    this.#socket.send(event.socketMessage(this.#id), asText);
    return true;
  }

  send(event: SubscriptionEvent): Promise<void> {
    if (this.#socket.readyState !== this.#socket.OPEN) return Promise.resolve();
    return new Promise((resolve) => this.#socket.send(event.socketMessage(this.#id), asText, () => resolve()));
  }
}

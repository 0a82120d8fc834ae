// The way to the subscriber behind one id of one WebSocket. The frame is the same for many, and written as it is: the
// library would make each socket a head of its own, and write twice.

import type { Duplex } from "node:stream";
import type { WebSocket } from "ws";
import { type EventSink, mostUnreadBytes, type SubscriptionEvent } from "./subscription-event.js";

export class SocketSink implements EventSink {
  readonly #socket: WebSocket;
  readonly #connection: Duplex;
  readonly #id: string;

  constructor(socket: WebSocket, connection: Duplex, id: string) {
    this.#socket = socket;
    this.#connection = connection;
    this.#id = id;
  }

  whenOpen(begin: () => void): void {
    begin();
  }

  push(event: SubscriptionEvent): boolean {
    // One that is closing is told of its end by others.
    if (!this.#isOpen()) return true;
    if (this.#connection.writableLength > mostUnreadBytes) return false;
    this.#connection.write(event.socketFrame(this.#id));
    return true;
  }

  send(event: SubscriptionEvent): Promise<void> {
    if (!this.#isOpen()) return Promise.resolve();
    return new Promise((resolve) => this.#connection.write(event.socketFrame(this.#id), () => resolve()));
  }

  #isOpen(): boolean {
    return this.#socket.readyState === this.#socket.OPEN && this.#connection.writable;
  }
}

// The way to the subscriber of one event stream.

import type { ServerResponse } from "node:http";
import { type EventSink, mostUnreadBytes, type SubscriptionEvent } from "./subscription-event.js";

export class StreamSink implements EventSink {
  readonly #response: ServerResponse;
  #isOpen = false;
  #begin = () => {};

  constructor(response: ServerResponse) {
    this.#response = response;
  }

  /** The head was written. */
  open(): void {
    this.#isOpen = true;
    this.#begin();
  }

  whenOpen(begin: () => void): void {
    if (this.#isOpen) begin();
    else this.#begin = begin;
  }

  push(event: SubscriptionEvent): boolean {
    // One that is closing is told of its end by others.
    if (this.#hasEnded()) return true;
    if (this.#response.writableLength > mostUnreadBytes) return false;
    this.#response.write(event.streamText());
    return true;
  }

  send(event: SubscriptionEvent): Promise<void> {
    if (this.#hasEnded()) return Promise.resolve();
    return new Promise((resolve) => this.#response.write(event.streamText(), () => resolve()));
  }

  /** An answer that was ended still calls itself writable, and a write to it is an error that nobody waits for. */
  #hasEnded(): boolean {
    return this.#response.writableEnded || !this.#response.writable;
  }
}

// One event as its subscribers are sent it: the payload is made once for all of them, and around it what each transport adds.

export class SubscriptionEvent {
  /** Of the log entry that it is about. */
  readonly position: number;
  readonly #cursor: string;
  readonly #payload: string;
  // Most clients call their first subscription the same: one frame then serves many sockets.
  #frameId: string | null = null;
  #frame: Buffer | null = null;
  #streamText: string | null = null;

  constructor(position: number, cursor: string, payload: string) {
    this.position = position;
    this.#cursor = cursor;
    this.#payload = payload;
  }

  socketMessage(id: string): Buffer {
    if (this.#frame === null || this.#frameId !== id) {
      this.#frame = Buffer.from(`{"id":${JSON.stringify(id)},"type":"next","payload":${this.#payload}}`);
      this.#frameId = id;
    }
    return this.#frame;
  }

  /** As server-sent events spell it. */
  streamText(): string {
    this.#streamText ??= `id: ${this.#cursor}\nevent: next\ndata: ${this.#payload}\n\n`;
    return this.#streamText;
  }
}

/** The way to one subscriber. */
export interface EventSink {
  /** Calls back, maybe at once, when events may be sent. */
  whenOpen(begin: () => void): void;
  /** Sends without waiting; answers false, and has not sent it, where too much is still unread. */
  push(event: SubscriptionEvent): boolean;
  /** Sends, and waits until it has left. */
  send(event: SubscriptionEvent): Promise<void>;
}

/** What the system's own buffers did not take of one subscriber's events before it has to read on at its own pace. */
export const mostUnreadBytes = 128 * 1024;

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

  /** The whole WebSocket frame, as it goes through the wire. */
  socketFrame(id: string): Buffer {
    if (this.#frame === null || this.#frameId !== id) {
      this.#frame = textFrame(`{"id":${JSON.stringify(id)},"type":"next","payload":${this.#payload}}`);
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

/** RFC 6455, 5.2: one whole text message from a server, which masks nothing. */
function textFrame(text: string): Buffer {
  const length = Buffer.byteLength(text);
  const headBytes = length < 126 ? 2 : length < 65_536 ? 4 : 10;
  const frame = Buffer.allocUnsafe(headBytes + length);
  frame[0] = 0x81;
  if (headBytes === 2) frame[1] = length;
  else if (headBytes === 4) {
    frame[1] = 126;
    frame.writeUInt16BE(length, 2);
  } else {
    frame[1] = 127;
    frame.writeBigUInt64BE(BigInt(length), 2);
  }
  frame.write(text, headBytes);
  return frame;
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

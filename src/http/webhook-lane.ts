// Deliveries, answered ahead of the framework: of what it costs to store one, the framework's part was a third.

import { randomUUID } from "node:crypto";
import type { IncomingMessage, OutgoingHttpHeaders, RequestListener, ServerResponse } from "node:http";
import type { Deadlines } from "./deadlines.js";
import { isPlainPost, readBody, type ShortWay, toRawHeaders, writeAnswer } from "./short-way.js";
import type { WebhookDoor } from "./webhook-door.js";

export interface WebhookLaneParts {
  door: WebhookDoor;
  deadlines: Deadlines;
  /** Whether deliveries are traced, which the framework begins. */
  isTracing: boolean;
}

const maxBodyBytes = 65_536;

export class WebhookLane implements ShortWay {
  readonly #parts: WebhookLaneParts;
  #headers: string[] | null = null;

  constructor(parts: WebhookLaneParts) {
    this.#parts = parts;
  }

  /** The framework is about to answer a delivery with these. */
  learn(headers: OutgoingHttpHeaders): void {
    this.#headers ??= toRawHeaders(headers);
  }

  take(request: IncomingMessage, response: ServerResponse, passOn: RequestListener): boolean {
    const { door, deadlines, isTracing } = this.#parts;
    const headers = this.#headers;
    if (headers === null || isTracing || !isPlainPost(request, "/webhooks", maxBodyBytes)) return false;
    if (!door.enter(response)) return false;
    const onBody = (body: Buffer) => void this.#answer(request, response, headers, body);
    readBody(request, response, deadlines, onBody, passOn);
    return true;
  }

  async #answer(
    request: IncomingMessage,
    response: ServerResponse,
    usual: readonly string[],
    rawBody: Buffer,
  ): Promise<void> {
    const requestId = randomUUID();
    const { status, body, retryAfterSeconds } = await this.#parts.door.receive(request, rawBody, requestId);
    const headers = retryAfterSeconds === undefined ? usual : [...usual, "retry-after", String(retryAfterSeconds)];
    const isTaken = writeAnswer(response, { status, headers, requestId, body: JSON.stringify(body) });
    if (!isTaken) this.#parts.deadlines.answering(response);
  }
}

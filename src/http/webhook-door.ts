// A delivery's way in, whichever way its request came. The answer tells nothing but whether the delivery has to be repeated.

import type { IncomingMessage, ServerResponse } from "node:http";
import type { Logger } from "../telemetry/logger.js";
import type { WebhookReceiver } from "../webhooks/receive-webhook.js";
import { within } from "./service-unavailable.js";

export interface DeliveryAnswer {
  status: 200 | 401 | 503;
  body: { received: boolean };
  /** Of a delivery that is put off. */
  retryAfterSeconds?: number;
}

// The provider repeats what is put off: a flood of deliveries takes no more than this from everybody else.
const maxUnderWay = 100;
const retryAfterSeconds = 5;

/** It has to be sent again. */
export const putOff: Required<DeliveryAnswer> = { status: 503, body: { received: false }, retryAfterSeconds };

export class WebhookDoor {
  readonly #receiver: WebhookReceiver;
  readonly #answerWithinMs: number;
  readonly #logger: Logger;
  readonly #underWay = new Set<ServerResponse>();

  constructor(receiver: WebhookReceiver, answerWithinMs: number, logger: Logger) {
    this.#answerWithinMs = answerWithinMs;
    this.#receiver = receiver;
    this.#logger = logger;
  }

  /** Whether there is room for it. It counts until its answer is sent, however often it asks. */
  enter(response: ServerResponse): boolean {
    if (this.#underWay.has(response)) return true;
    if (this.#underWay.size >= maxUnderWay) return false;
    this.#underWay.add(response);
    response.once("close", () => this.#underWay.delete(response));
    return true;
  }

  /** Never throws. */
  async receive({ headers }: IncomingMessage, rawBody: Buffer, requestId: string): Promise<DeliveryAnswer> {
    const delivery = {
      rawBody,
      signature: one(headers["x-blaaiz-signature"]),
      timestamp: one(headers["x-blaaiz-timestamp"]),
    };
    try {
      const outcome = await within(this.#answerWithinMs, this.#receiver.receive(delivery));
      return outcome === "REFUSED"
        ? { status: 401, body: { received: false } }
        : { status: 200, body: { received: true } };
    } catch (error) {
      this.#logger.error({ err: error, requestId }, "webhook could not be stored");
      return putOff;
    }
  }
}

function one(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? undefined : value;
}

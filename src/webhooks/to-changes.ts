// From an event in the provider's words to news in ours.

import type { z } from "zod";
import type { Change, CustomerChange } from "../datasources/changes.js";
import { toCustomerStatus } from "../datasources/status-words.js";
import type { WebhookEvent } from "./classify-event.js";
import { type CustomerEventBody, customerEvent, payoutEvent } from "./event-shapes.js";
import { toPayoutChange } from "./to-payout-change.js";

/** It claims to be about a payout or a customer, and does not look like it. The reason names paths, never values. */
export class UnreadableEvent extends Error {
  override readonly name = "UnreadableEvent";
  readonly reason: string;

  constructor(type: string, reason: string) {
    // Cut and quoted: the type comes from outside and ends up in logs.
    super(`The webhook event ${JSON.stringify(type.slice(0, 60))} cannot be read: ${reason}`);
    this.reason = reason;
  }
}

/** Throws UnreadableEvent or UnknownStatusWord for what has to be parked; an event of no concern to us changes nothing. */
export function toChanges(event: WebhookEvent): Change[] {
  switch (event.kind) {
    case "payout":
      return [toPayoutChange(readBody(payoutEvent, event))];
    case "customer":
      return [toCustomerChange(readBody(customerEvent, event))];
    case "other":
      return [];
    case "unknown":
      throw new UnreadableEvent(event.type, event.body === null ? "it is not a JSON object" : "its type is not known");
  }
}

function readBody<T extends z.ZodType>(shape: T, event: WebhookEvent): z.output<T> {
  const result = shape.safeParse(event.body);
  if (result.success) return result.data;
  const faults = result.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`);
  throw new UnreadableEvent(event.type, faults.join("; "));
}

function toCustomerChange(body: CustomerEventBody): CustomerChange {
  return {
    kind: "customer",
    id: body.customer_id,
    status: toCustomerStatus(body.new_status),
    occurredAt: body.updated_at ?? null,
    reason: body.comment?.trim() || null,
    details: body.customer_email === undefined ? {} : { email: body.customer_email },
  };
}

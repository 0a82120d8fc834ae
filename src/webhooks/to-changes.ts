// From an event in the provider's words to changes in ours.

import type { Change, CustomerChange } from "../datasources/changes.js";
import { readFields } from "../datasources/field-reader.js";
import { toCustomerStatus, toPayoutStatus, UnknownStatusWord } from "../datasources/status-words.js";
import type { WebhookEvent } from "./classify-event.js";
import { type CustomerEventFields, customerEvent, type PayoutEventFields, payoutEvent } from "./event-fields.js";
import { endOf } from "./event-name.js";
import { toPayoutChange } from "./to-payout-change.js";

/** Nobody can say what it means. The message names its subject and the reason. */
export class UnreadableEvent extends Error {
  override readonly name = "UnreadableEvent";
}

/** Throws UnreadableEvent for what has to be parked; an event of no concern to us changes nothing. */
export function toChanges(event: WebhookEvent): Change[] {
  const { kind, type, body } = event;
  if (body === null) throw new UnreadableEvent("The body is not a JSON object in UTF-8.");
  if (kind === "other") return [];
  if (kind === "payout") return [readPayout(type, readFields(body, payoutEvent))];
  if (kind === "customer") return [readCustomer(type, readFields(body, customerEvent))];
  const name = type === "" ? "The event has no type" : `The event type ${quote(type)} is not known`;
  throw new UnreadableEvent(`${name}.`);
}

function readPayout(type: string, fields: PayoutEventFields): Change {
  const { transaction_id: id, merchant_reference, transaction_reference } = fields;
  const reference = merchant_reference ?? transaction_reference;
  if (id === undefined && reference === undefined) {
    throw new UnreadableEvent(`The payout event ${quote(type)} has no transaction id and no reference.`);
  }
  const subject = id === undefined ? `the payout with the reference ${shown(reference)}` : `transaction ${shown(id)}`;
  const status = understand(toPayoutStatus, subject, [
    () => fields.status,
    () => nameOf(toPayoutStatus, type),
    () => outerStatus(fields.outer_status),
  ]);
  return toPayoutChange(fields, status);
}

/** Names after which `status` is the customer's. */
const customerNames = ["", "status.changed", "status.updated", "updated", "created", "verification"];

function readCustomer(type: string, fields: CustomerEventFields): CustomerChange {
  const { customer_id: id, updated_at, comment, customer_email } = fields;
  if (id === undefined) throw new UnreadableEvent(`The customer event ${quote(type)} has no customer id.`);
  const name = endOf(type);
  const byName = name === "created" ? "PENDING" : nameOf(toCustomerStatus, type);
  const isFamiliar = customerNames.includes(name) || byName !== undefined;
  const status = understand(toCustomerStatus, `customer ${shown(id)}`, [
    () => fields.new_status,
    () => (isFamiliar ? fields.status : undefined),
    () => byName,
    () => (isFamiliar ? outerStatus(fields.outer_status) : undefined),
  ]);
  return {
    kind: "customer",
    id,
    status,
    occurredAt: updated_at ?? null,
    reason: comment ?? null,
    // Without a time it could come late: a customer that has moved since is not put back.
    ...(name === "created" && updated_at === undefined ? { ifUnmovedSince: 0 } : {}),
    details: customer_email === undefined ? {} : { email: customer_email },
  };
}

/** The first that is there counts. A word that is not known is never passed over for another field. */
function understand<T>(
  toStatus: (word: string) => T,
  subject: string,
  places: readonly (() => string | undefined)[],
): T {
  for (const place of places) {
    const word = place();
    if (word === undefined) continue;
    try {
      return toStatus(word);
    } catch (error) {
      if (!(error instanceof UnknownStatusWord)) throw error;
      throw new UnreadableEvent(`The ${error.subject} ${quote(word)} of ${subject} is not known.`);
    }
  }
  throw new UnreadableEvent(`The event about ${subject} has no status.`);
}

/** The status that the event's name tells, as a word; undefined for a name that tells none. */
function nameOf(toStatus: (word: string) => string, type: string): string | undefined {
  try {
    return toStatus(endOf(type));
  } catch {
    return undefined;
  }
}

/** Beside the object of the payout or the customer, such a word is about the request as a whole. */
function outerStatus(word: string | undefined): string | undefined {
  return word === undefined || /^(success|ok|true|200|error)$/i.test(word) ? undefined : word;
}

/** An id as people write it. */
export function shown(id: string | undefined): string {
  return id !== undefined && /^[\w.:/@+-]{1,80}$/.test(id) ? id : quote(id);
}

// Cut and quoted: it comes from outside and ends up in logs.
function quote(word: string | undefined): string {
  return JSON.stringify((word ?? "").slice(0, 60));
}

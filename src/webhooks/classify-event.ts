// What an event is about and when two deliveries are the same event. Never rejects: what cannot be read is `unknown`.

import { createHash } from "node:crypto";
import { parse } from "lossless-json";
import { FieldReader, isObject, text } from "../datasources/field-reader.js";
import { customerEvent, payoutEvent } from "./event-fields.js";
import { kindOf, type WebhookKind } from "./event-name.js";

export type { WebhookKind } from "./event-name.js";

/** One fact that the provider announced, before anyone has judged what it changes. */
export interface WebhookEvent {
  kind: WebhookKind;
  /** The provider's own name for it. */
  type: string;
  /** The same for every delivery of one event, and different for each status that shares an event id. */
  dedupeKey: string;
  /** Of the raw bytes: tells a repeated delivery from another event under the same key. */
  contentHash: string;
  /** Whom it is about: the provider's id of the transaction or the customer. Events of one subject are applied in order. */
  subject: string | null;
  /** Its fields, numbers still exact; null where the body is not a JSON object. */
  body: Fields | null;
}

type Fields = Readonly<Record<string, unknown>>;

// A key of the inbox: whatever an event id holds, it has to fit an index.
const maxKeyLength = 200;
// The same for a subject. No id of the provider's is longer.
const maxSubjectLength = 200;

export function classifyEvent(rawBody: Buffer): WebhookEvent {
  const contentHash = sha256(rawBody);
  const body = parseObject(rawBody);
  if (body === null) {
    return { kind: "unknown", type: "", dedupeKey: `sha256:${contentHash}`, contentHash, subject: null, body };
  }
  const { kind, type } = kindOf(body);
  const dedupeKey = toDedupeKey(type, kind, body) ?? `sha256:${contentHash}`;
  return { kind, type, dedupeKey, contentHash, subject: toSubject(kind, body), body };
}

function parseObject(rawBody: Buffer): Fields | null {
  try {
    // Not Buffer.toString: it would replace broken UTF-8 and so change a name.
    const root = parse(new TextDecoder("utf-8", { fatal: true }).decode(rawBody));
    return isObject(root) ? root : null;
  } catch {
    return null;
  }
}

const nestedByKind: Record<WebhookKind, readonly string[]> = {
  payout: payoutEvent.nestedIn,
  customer: customerEvent.nestedIn,
  other: [],
  unknown: [],
};

/**
 * The type and the status belong to the key, because the provider has sent a payout's initiated and completed events
 * under one id. Virtual accounts have no event id, but never the same status twice.
 */
function toDedupeKey(type: string, kind: WebhookKind, body: Fields): string | null {
  const reader = new FieldReader(body, nestedByKind[kind]);
  const accountId = type.startsWith("virtual_account.") ? reader.first(text("virtual_account_id")) : undefined;
  const id = reader.first(text("event_id")) ?? accountId;
  if (id === undefined) return null;
  const status = reader.first(text("transaction_status", "new_status", "status")) ?? "";
  const key = JSON.stringify([id, type, status.toUpperCase()]);
  return key.length <= maxKeyLength ? key : `sha256:${sha256(key)}`;
}

function toSubject(kind: WebhookKind, body: Fields): string | null {
  const subject = subjectOf(kind, body);
  return subject === undefined || subject.length > maxSubjectLength ? null : subject;
}

function subjectOf(kind: WebhookKind, body: Fields): string | undefined {
  if (kind === "customer") {
    const { nestedIn, id, fields } = customerEvent;
    return new FieldReader(body, nestedIn, id).first(fields.customer_id);
  }
  if (kind !== "payout") return undefined;
  const { nestedIn, id, fields } = payoutEvent;
  const reader = new FieldReader(body, nestedIn, id);
  const { transaction_id, merchant_reference, transaction_reference } = fields;
  return reader.first(transaction_id) ?? reader.first(merchant_reference) ?? reader.first(transaction_reference);
}

function sha256(content: Buffer | string): string {
  return createHash("sha256").update(content).digest("hex");
}

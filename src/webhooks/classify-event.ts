// What an event is about and when two deliveries are the same event. Never refuses: what cannot be read is `unknown`.

import { createHash } from "node:crypto";
import { isLosslessNumber, parse } from "lossless-json";

/** `other` is known but not ours to act on; `unknown` is unreadable or of a type we have not met. All of them are kept. */
export type WebhookKind = "payout" | "customer" | "other" | "unknown";

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
  body: Readonly<Record<string, unknown>> | null;
}

type Fields = Readonly<Record<string, unknown>>;

const kinds: readonly [RegExp, WebhookKind][] = [
  [/^payout([._]|$)/, "payout"],
  [/^customer(\.|$)/, "customer"],
  [/^(collection|refund)([._]|$)/, "other"],
  [/^(virtual_account|auto_deposit_email|crypto|merchant\.kyc)\./, "other"],
];

// A key of the inbox: whatever an event id holds, it has to fit an index.
const maxKeyLength = 200;

export function classifyEvent(rawBody: Buffer): WebhookEvent {
  const contentHash = sha256(rawBody);
  const body = readFields(rawBody);
  if (body === null) {
    return { kind: "unknown", type: "", dedupeKey: `sha256:${contentHash}`, contentHash, subject: null, body };
  }
  const type = firstText(body, "event_type", "event", "type") ?? "";
  const kind = kinds.find(([pattern]) => pattern.test(type.toLowerCase()))?.[1] ?? "unknown";
  const dedupeKey = toDedupeKey(type, body) ?? `sha256:${contentHash}`;
  return { kind, type, dedupeKey, contentHash, subject: toSubject(kind, body), body };
}

/** Events come flat; where one is wrapped, what `data` says goes before what the envelope says. */
function readFields(rawBody: Buffer): Fields | null {
  let root: unknown;
  try {
    // Not Buffer.toString: it would replace broken UTF-8 and so change a name.
    root = parse(new TextDecoder("utf-8", { fatal: true }).decode(rawBody));
  } catch {
    return null;
  }
  if (!isFields(root)) return null;
  return isFields(root.data) ? { ...root, ...root.data } : root;
}

/**
 * The type and the status belong to the key, because the provider has sent a payout's initiated and completed events
 * under one id. Virtual accounts have no event id, but never the same status twice.
 */
function toDedupeKey(type: string, body: Fields): string | null {
  const eventId = firstText(body, "event_id");
  const accountId = type.startsWith("virtual_account.") ? firstText(body, "virtual_account_id") : null;
  const id = eventId ?? accountId;
  if (id === null) return null;
  const status = firstText(body, "transaction_status", "new_status", "status") ?? "";
  const key = JSON.stringify([id, type, status.toUpperCase()]);
  return key.length <= maxKeyLength ? key : `sha256:${sha256(key)}`;
}

function toSubject(kind: WebhookKind, body: Fields): string | null {
  if (kind === "payout") return firstText(body, "transaction_id", "merchant_reference");
  if (kind === "customer") return firstText(body, "customer_id");
  return null;
}

function firstText(body: Fields, ...names: string[]): string | null {
  for (const name of names) {
    const value = body[name];
    if (typeof value === "string" && value !== "") return value;
    if (isLosslessNumber(value)) return value.value;
  }
  return null;
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !isLosslessNumber(value);
}

function sha256(content: Buffer | string): string {
  return createHash("sha256").update(content).digest("hex");
}

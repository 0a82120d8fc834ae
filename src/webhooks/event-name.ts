// What an event is called, and what its name alone tells. The provider has used `payout`, `payout_initiated`,
// `payout.completed`, `customer.verified` and `customer.status_changed`, in `event_type`, `event` or `type`.

import { FieldReader, object, text } from "../datasources/field-reader.js";

/** `other` is known but not ours to act on; `unknown` is unreadable or of a type we have not met. All of them are kept. */
export type WebhookKind = "payout" | "customer" | "other" | "unknown";

const kinds: readonly [RegExp, WebhookKind][] = [
  [/^payout(\.|$)/, "payout"],
  [/^customer(\.|$)/, "customer"],
  [/^(collection|refund)(\.|$)/, "other"],
  [/^(virtual\.account|auto\.deposit\.email|crypto|merchant\.kyc)\./, "other"],
];

/** `payout_initiated`, `Payout Initiated` and `payoutInitiated` are `payout.initiated`. */
export function toWords(name: string): string {
  return name
    .replaceAll(/([a-z])([A-Z])/g, "$1.$2")
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, ".");
}

export function kindOf(body: unknown): { kind: WebhookKind; type: string } {
  const reader = new FieldReader(body, ["transaction", "payout", "customer"]);
  const types = reader.all(text("event_type", "event", "event_name", "type"));
  for (const type of types) {
    const kind = kinds.find(([pattern]) => pattern.test(toWords(type)))?.[1];
    if (kind !== undefined) return { kind, type };
  }
  return { kind: types.length === 0 ? kindByFields(reader) : "unknown", type: types[0] ?? "" };
}

/** Of an event without a name. Collections have a source and no recipient. */
function kindByFields(reader: FieldReader): WebhookKind {
  const has = (...names: string[]) => reader.first(text(...names)) !== undefined;
  const hasObject = (...names: string[]) => reader.first(object(...names)) !== undefined;
  const isTransaction = has("transaction_id", "payout_id") || hasObject("payout");
  if (isTransaction) {
    return hasObject("recipient", "payout") && !hasObject("source_information") ? "payout" : "unknown";
  }
  return has("customer_id") && has("new_status", "verification_status") ? "customer" : "unknown";
}

/** What comes after the kind: `completed` of `payout.completed`, empty where there is nothing. */
export function endOf(type: string): string {
  return toWords(type).split(".").slice(1).join(".");
}

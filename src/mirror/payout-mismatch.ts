// The one place where a report is compared with what was ordered.

import type { PayoutChange } from "../datasources/changes.js";
import type { PayoutCommand } from "../datasources/commands.js";
import { toPayoutOrder } from "../datasources/to-payout-order.js";
import { differencesOf, isFullMatch, type OrderField, type PayoutOrder } from "../domain/payout-order.js";
import type { PayoutResolution } from "../schema/payout.enum.js";
import type { StatusSource } from "../schema/status-change.enum.js";
import type { OrderedPayoutRow } from "../store/payout.queries.js";

export type MismatchField = OrderField | "transaction";

/** As the column `mismatch` holds it. */
export interface StoredMismatch {
  fields: MismatchField[];
  message: string;
  transactionId: string | null;
  source: StatusSource;
  /** Milliseconds since 1970. */
  reportedAt: number;
}

/** What an operator decided, as the column `resolution` holds it. */
export interface StoredResolution {
  outcome: PayoutResolution;
  transactionId: string | null;
  /** What the operator accepted in place of the order; later reports are compared with it. Null after NOT_SENT. */
  order: PayoutOrder | null;
}

/** What the report says otherwise than the order. Nothing where the gateway did not order the payout. */
export function contradictedFields(known: OrderedPayoutRow, change: PayoutChange): MismatchField[] {
  const order = orderOf(known);
  if (!order) return [];
  const { details } = change;
  const fields: MismatchField[] = differencesOf(order, details);
  // What was not ordered was reported first by the provider's own response or a look-up: a webhook does not change it.
  if (order.send !== null || known.amount === null || change.isLookUp || fields.includes("amount")) return fields;
  const debit = { ...order, send: known.amount, receive: null };
  return differencesOf(debit, details).includes("amount") ? [...fields, "amount"] : fields;
}

// Clocks differ; a transaction that is older than its sending by more is another one.
const clockToleranceMs = 300_000;

/** Whether a transaction without our reference can be the payout. MAYBE: the report does not name everything. */
export function fitsOrder(
  candidate: OrderedPayoutRow & { sent_at: number | null },
  { details }: PayoutChange,
): "YES" | "NO" | "MAYBE" {
  const order = orderOf(candidate);
  if (!order || differencesOf(order, details).length > 0) return "NO";
  if (details.walletId && candidate.wallet_id && details.walletId !== candidate.wallet_id) return "NO";
  const createdAt = details.createdAt?.getTime();
  if (createdAt !== undefined && candidate.sent_at !== null && createdAt < candidate.sent_at - clockToleranceMs)
    return "NO";
  return isFullMatch(order, details) ? "YES" : "MAYBE";
}

export function toMismatch(
  known: OrderedPayoutRow,
  { details, transactionId }: PayoutChange,
  fields: MismatchField[],
  { source, now }: { source: StatusSource; now: number },
): StoredMismatch {
  const order = orderOf(known);
  return {
    fields,
    message: toMessage(order, details, fields),
    transactionId: transactionId ?? null,
    source,
    reportedAt: now,
  };
}

const sentences: Record<MismatchField, (order: PayoutOrder | null, details: PayoutChange["details"]) => string> = {
  amount: (order, details) =>
    `the amount ${orderedAmount(order)} was ordered and ${reportedAmount(order, details)} was reported`,
  currency: (order, { amount, recipient }) =>
    `${order?.sourceCurrency} to ${order?.targetCurrency} was ordered and ${amount?.currency ?? "?"} to ${recipient?.currency ?? "?"} was reported`,
  customer: () => "another customer was reported than was ordered",
  recipient: () => "another recipient was reported than was ordered",
  transaction: () => "another transaction was reported, or one that another payout has",
};

/** One sentence without personal data. */
function toMessage(order: PayoutOrder | null, details: PayoutChange["details"], fields: MismatchField[]): string {
  const parts = fields.map((field) => sentences[field](order, details));
  const text = parts.join("; ");
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

function orderedAmount(order: PayoutOrder | null): string {
  if (!order) return "?";
  return order.send === null ? `${order.receive} ${order.targetCurrency}` : `${order.send} ${order.sourceCurrency}`;
}

function reportedAmount(order: PayoutOrder | null, { amount, recipient }: PayoutChange["details"]): string {
  if (order?.send === null && recipient?.amount) return `${recipient.amount} ${recipient.currency ?? ""}`.trim();
  return amount ? `${amount.amount} ${amount.currency}` : "another amount";
}

/** What reports are compared with: the order, or what an operator has accepted in its place. */
export function orderOf({ command, resolution }: OrderedPayoutRow): PayoutOrder | null {
  if (command === null) return null;
  const accepted = resolution === null ? null : (JSON.parse(resolution) as StoredResolution).order;
  return accepted ?? toPayoutOrder(JSON.parse(command) as PayoutCommand);
}

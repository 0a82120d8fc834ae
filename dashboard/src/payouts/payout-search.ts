// What the payouts are filtered by, as it stands in the page's address.

import { payoutStatuses } from "../format/words";
import type { PayoutFilter, PayoutRowFragment, PayoutStatus } from "../generated/operations";

export interface PayoutSearch {
  status: readonly PayoutStatus[];
  currency: string | null;
  search: string;
  days: Days;
}

export const daySpans = { "1": "24 hours", "7": "7 days", "30": "30 days", "365": "12 months" } as const;
export type Days = keyof typeof daySpans;

const dayMs = 86_400_000;
/** Into how many bars a span is divided. */
export const barsOf: Record<Days, number> = { "1": 24, "7": 28, "30": 30, "365": 52 };

export function readSearch(query: string): PayoutSearch {
  const read = new URLSearchParams(query);
  const days = read.get("days") ?? "30";
  return {
    status: read
      .getAll("status")
      .filter((word): word is PayoutStatus => payoutStatuses.some((known) => known === word)),
    currency: read.get("currency"),
    search: read.get("search") ?? "",
    days: days in daySpans ? (days as Days) : "30",
  };
}

export function writeSearch({ status, currency, search, days }: PayoutSearch): string {
  const written = new URLSearchParams();
  for (const word of status) written.append("status", word);
  if (currency) written.set("currency", currency);
  if (search) written.set("search", search);
  if (days !== "30") written.set("days", days);
  const text = written.toString();
  return text === "" ? "" : `?${text}`;
}

/** The span's beginning, on a whole minute so that it is the same for everything that is asked together. */
export function spanStart(days: Days, now = Date.now()): string {
  return new Date(Math.floor((now - Number(days) * dayMs) / 60_000) * 60_000).toISOString();
}

export function toFilter({ status, currency, search }: PayoutSearch, createdFrom: string): PayoutFilter {
  return {
    createdFrom,
    ...(status.length > 0 ? { status } : {}),
    ...(currency ? { currency } : {}),
    ...(search ? { search } : {}),
  };
}

/** The filter's meaning, for what is pushed. */
export function fitsFilter(row: PayoutRowFragment, filter: PayoutFilter): boolean {
  const { status, currency, search, createdFrom } = filter;
  if (status && !status.includes(row.status)) return false;
  if (currency && row.amount?.currency !== currency) return false;
  if (createdFrom && row.createdAt < createdFrom) return false;
  if (!search) return true;
  const { customer, id, reference, merchantReference, transactionId } = row;
  const text = search.toLowerCase();
  const fields = [customer.name, customer.email, id, reference, merchantReference, transactionId];
  return fields.some((field) => field?.toLowerCase().includes(text));
}

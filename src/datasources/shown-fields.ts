import type { CustomerFields } from "./commands.js";
import { fromCustomerFields } from "./customer-body.js";

/**
 * Whether the provider's answer shows every one of the fields with the value asked for. A field that the answer lacks is
 * not shown: nothing proves that it was changed.
 */
export function showsFields(answer: unknown, fields: CustomerFields): boolean {
  const places = placesIn(answer);
  return Object.entries(fromCustomerFields(fields)).every(([name, wanted]) =>
    places.some((place) => name in place && isSame(name, place[name], wanted)),
  );
}

/** A customer's address and dates are in `kyc_data`. */
function placesIn(answer: unknown): Record<string, unknown>[] {
  const root = isRecord(answer) && isRecord(answer.data) ? answer.data : answer;
  return [root, isRecord(root) ? root.kyc_data : null].filter(isRecord);
}

function isSame(name: string, shown: unknown, wanted: unknown): boolean {
  return toComparable(name, shown) === toComparable(name, wanted);
}

function toComparable(name: string, value: unknown): string {
  const text = String(value ?? "").trim();
  if (name === "email") return text.toLowerCase();
  return name === "phone" ? text.replace(/\D/g, "") : text;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

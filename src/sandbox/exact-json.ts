// Amounts keep every digit: read as LosslessNumber, computed with Big, written as the decimal they are.
import type { Big } from "big.js";
import { LosslessNumber, parse, stringify } from "lossless-json";

export function parseExact(text: string): unknown {
  return parse(text);
}

export function stringifyExact(value: unknown): string {
  return stringify(value) ?? "null";
}

export function toExactNumber(decimal: string | Big): LosslessNumber {
  return new LosslessNumber(typeof decimal === "string" ? decimal : decimal.toFixed());
}

/**
 * The provider runs on PHP, whose encoder escapes slashes and everything beyond ASCII. A receiver that verifies a
 * signature over re-encoded JSON passes with a plain encoder and fails in production, so webhooks are written this way.
 */
export function toWebhookJson(value: unknown): string {
  return stringifyExact(value)
    .replaceAll("/", "\\/")
    .replace(/[\u007f-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

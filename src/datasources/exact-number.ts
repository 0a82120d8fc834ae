// Amounts between the provider's raw JSON and our decimals as text. Nothing here becomes a JavaScript number on the way.

import { Big } from "big.js";
import { isLosslessNumber, LosslessNumber } from "lossless-json";

const plain = /^-?\d+(?:\.\d+)?$/;
const withExponent = /^-?\d+(?:\.\d+)?[eE][+-]?\d{1,3}$/;

// No amount is longer, and an exponent must not become a million zeros.
const maxLength = 64;

export class UnreadableNumber extends Error {
  override readonly name = "UnreadableNumber";

  constructor() {
    super("A value that should be a decimal number is not one.");
  }
}

/** Keeps the decimals as they were written ("20.0" stays "20.0"), but writes an exponent out ("1e3" becomes "1000"). */
export function toDecimalText(value: unknown): string {
  const text = isLosslessNumber(value) ? value.value : value;
  // A JavaScript number is refused too: its decimals were already lost where it was parsed.
  if (typeof text !== "string" || text.length > maxLength) throw new UnreadableNumber();
  if (withExponent.test(text)) return withoutExponent(text);
  if (!plain.test(text)) throw new UnreadableNumber();
  return unsignedZero(text.replace(/^(-?)0+(?=\d)/, "$1"));
}

/** The other way: goes into a body as a raw JSON number with exactly these digits. */
export function fromDecimalText(text: string): LosslessNumber {
  return new LosslessNumber(toDecimalText(text));
}

export function isSameAmount(a: string, b: string): boolean {
  return new Big(a).eq(b);
}

function withoutExponent(text: string): string {
  const written = new Big(text).toFixed();
  if (written.length > maxLength) throw new UnreadableNumber();
  return unsignedZero(written);
}

function unsignedZero(text: string): string {
  return /^-0(?:\.0+)?$/.test(text) ? text.slice(1) : text;
}

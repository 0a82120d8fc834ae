import { Big } from "big.js";
import { isLosslessNumber } from "lossless-json";
import type { FieldErrors } from "./api-error.js";

export type Fields = Record<string, unknown>;

/** Anything but a JSON object counts as an empty one, so that the answer names the missing fields. */
export function toFields(body: unknown): Fields {
  return typeof body === "object" && body !== null && !Array.isArray(body) && !isLosslessNumber(body)
    ? (body as Fields)
    : {};
}

/** The own value of a field; null and the empty string count as left out, as the provider's framework has it. */
export function fieldOf(fields: Fields, name: string): unknown {
  const value = Object.hasOwn(fields, name) ? fields[name] : undefined;
  return value === null || value === "" ? undefined : value;
}

export function textOf(fields: Fields, name: string, errors: FieldErrors, maxLength = 255): string | undefined {
  const value = fieldOf(fields, name);
  if (value === undefined) return undefined;
  if (typeof value !== "string") {
    errors.add(name, `The ${name.replaceAll("_", " ")} field must be a string.`);
    return undefined;
  }
  if (value.length > maxLength) {
    errors.add(name, `The ${name.replaceAll("_", " ")} field must not be greater than ${maxLength} characters.`);
    return undefined;
  }
  return value;
}

export function requiredTextOf(fields: Fields, name: string, errors: FieldErrors, maxLength = 255): string {
  if (fieldOf(fields, name) === undefined) errors.required(name);
  return textOf(fields, name, errors, maxLength) ?? "";
}

/** Ids of currencies and banks come as strings or as numbers. */
export function idOf(fields: Fields, name: string): string | undefined {
  const value = fieldOf(fields, name);
  return typeof value === "string" || isLosslessNumber(value) ? value.toString() : undefined;
}

/** The digits of a JSON number may be many, but its exponent must not make a small request a huge amount. */
const maxNumberLength = 60;
const maxAmount = new Big("1e24");
const maxDecimals = 18;

export function amountOf(fields: Fields, name: string, errors: FieldErrors): Big | undefined {
  const value = fieldOf(fields, name);
  if (value === undefined) return undefined;
  const label = name.replaceAll("_", " ");
  if (!isLosslessNumber(value) || value.value.length > maxNumberLength) {
    errors.add(name, `The ${label} field must be a number.`);
    return undefined;
  }
  const amount = new Big(value.value);
  if (amount.lte(0)) errors.add(name, `The ${label} field must be greater than 0.`);
  else if (amount.gt(maxAmount)) errors.add(name, `The ${label} field must not be greater than 1e24.`);
  else if (!amount.round(maxDecimals).eq(amount))
    errors.add(name, `The ${label} field must have at most ${maxDecimals} decimal places.`);
  else return amount;
  return undefined;
}

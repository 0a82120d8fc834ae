// Reads the provider's JSON as a reasonable person would. The same field comes as `transaction_status`, `transactionStatus` or
// `status`, at the root or under `data`, `transaction`, `payout` or `customer`, as text or as a number. A value of the wrong
// type, null and an empty text count as left out. Webhooks and answers are both read with it.

import { isLosslessNumber } from "lossless-json";
import { z } from "zod";
import { toDecimalText } from "./exact-number.js";
import { toDate, toMoment } from "./provider-time.js";

/** The value, or undefined where it is not what the field takes. */
export type Read<T> = (value: unknown) => T | undefined;

/**
 * The names of a field, best first. A name that starts with a dot, such as `.status`, is too general to count everywhere: it
 * counts in the object that has the subject's id, and in the objects inside that.
 */
export interface Field<T> {
  read: Read<T>;
  names: readonly string[];
}

export interface RecordShape {
  /** Objects that can hold the fields, besides `data`. */
  nestedIn: readonly string[];
  /** How the subject's id is spelled. */
  id: readonly string[];
  fields: Readonly<Record<string, Field<unknown>>>;
}

export type FieldsOf<S extends RecordShape> = {
  [K in keyof S["fields"]]: S["fields"][K] extends Field<infer T> ? T | undefined : never;
};

type JsonObject = Readonly<Record<string, unknown>>;
type Layer = ReadonlyMap<string, readonly unknown[]>;

const maxDepth = 4;

export class FieldReader {
  /** The innermost object first. */
  readonly #layers: readonly Layer[];
  /** How many of the layers the general names count in. */
  readonly #own: number;

  constructor(value: unknown, nestedIn: readonly string[], id: readonly string[] = []) {
    this.#layers = objectsIn(value, nestedIn, 0).map(toLayer);
    const withId = this.#layers.findIndex((layer) => id.some((name) => first(layer, name, readText) !== undefined));
    this.#own = withId === -1 ? this.#layers.length : withId + 1;
  }

  first<T>({ read, names }: Field<T>): T | undefined {
    for (const name of names) {
      for (const layer of this.#layersOf(name)) {
        const value = first(layer, name, read);
        if (value !== undefined) return value;
      }
    }
    return undefined;
  }

  /** Every readable value, best name first. */
  all<T>({ read, names }: Field<T>): T[] {
    return names.flatMap((name) =>
      this.#layersOf(name).flatMap((layer) => {
        const value = first(layer, name, read);
        return value === undefined ? [] : [value];
      }),
    );
  }

  #layersOf(name: string): readonly Layer[] {
    return name.startsWith(".") ? this.#layers.slice(0, this.#own) : this.#layers;
  }
}

export function readFields<S extends RecordShape>(value: unknown, { nestedIn, id, fields }: S): FieldsOf<S> {
  const reader = new FieldReader(value, nestedIn, id);
  const entries = Object.entries(fields).map(([name, field]) => [name, reader.first(field)]);
  return Object.fromEntries(entries) as FieldsOf<S>;
}

export interface Demands<Name extends string> {
  required: readonly Name[];
  /** They may be missing, but what stands in their place must be readable. */
  readable?: readonly string[];
}

/** The same as a schema, for answers of which something is demanded. */
export function recordOf<S extends RecordShape, R extends keyof FieldsOf<S> & string>(shape: S, demands: Demands<R>) {
  type Fields = FieldsOf<S> & { [K in R]: NonNullable<FieldsOf<S>[K]> };
  return z.unknown().transform((value, context): Fields => {
    const fields = readFields(value, shape);
    const complain = (name: string) =>
      context.addIssue({ code: "custom", path: [name], message: "Expected a readable value." });
    for (const name of demands.required) if (fields[name] === undefined) complain(name);
    for (const name of demands.readable ?? []) {
      const { names = [] } = shape.fields[name] ?? {};
      const isThere = new FieldReader(value, shape.nestedIn, shape.id).first({ read: readAnything, names });
      if (isThere && fields[name as keyof typeof fields] === undefined) complain(name);
    }
    return fields as Fields;
  });
}

/** The rows of a list, which is bare, or under `data`, or under a name of its own in either. */
export function rowsOf<Schema extends z.ZodType>(row: Schema, ...names: readonly string[]) {
  return z.preprocess((answer) => findList(answer, ["data", ...names], 0), z.array(row));
}

function findList(value: unknown, names: readonly string[], depth: number): unknown {
  if (Array.isArray(value) || !isObject(value) || depth === maxDepth) return value;
  const inner = names.map((name) => findList(value[name], names, depth + 1));
  return inner.find(Array.isArray) ?? value;
}

export const text = (...names: string[]): Field<string> => ({ read: readText, names });
/** Where null says that there is none. */
export const textOrNull = (...names: string[]): Field<string | null> => ({
  read: (value) => (value === null ? null : readText(value)),
  names,
});
export const decimal = (...names: string[]): Field<string> => ({ read: readDecimal, names });
export const currency = (...names: string[]): Field<string> => ({ read: readCurrency, names });
export const day = (...names: string[]): Field<Date> => ({ read: reading(toDate), names });
export const moment = (...names: string[]): Field<Date> => ({ read: reading(toMoment), names });
export const object = (...names: string[]): Field<JsonObject> => ({ read: readObject, names });

/** Fields of an object within the record. */
export function within<S extends RecordShape>(shape: S, ...names: string[]): Field<FieldsOf<S>> {
  return { names, read: (value) => (isObject(value) ? readFields(value, shape) : undefined) };
}

function readText(value: unknown): string | undefined {
  if (isLosslessNumber(value)) return value.value;
  if (typeof value !== "string") return undefined;
  return value.trim() || undefined;
}

function readDecimal(value: unknown): string | undefined {
  try {
    return toDecimalText(typeof value === "string" ? value.trim() : value);
  } catch {
    return undefined;
  }
}

function readCurrency(value: unknown): string | undefined {
  const code = readText(value);
  return code !== undefined && /^[A-Za-z]{3}$/.test(code) ? code.toUpperCase() : undefined;
}

function reading<T>(convert: (text: string) => T): Read<T> {
  return (value) => {
    const written = readText(value);
    try {
      return written === undefined ? undefined : convert(written);
    } catch {
      return undefined;
    }
  };
}

function readAnything(value: unknown): true | undefined {
  return value === null || value === "" ? undefined : true;
}

function readObject(value: unknown): JsonObject | undefined {
  return isObject(value) ? value : undefined;
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !isLosslessNumber(value);
}

function objectsIn(value: unknown, nestedIn: readonly string[], depth: number): JsonObject[] {
  // Some versions wrap a single object in a list.
  const only = Array.isArray(value) && value.length === 1 ? value[0] : value;
  if (!isObject(only) || depth === maxDepth) return [];
  const holders = new Set(["data", ...nestedIn].map(toKey));
  const inner = Object.entries(only).filter(([name]) => holders.has(toKey(name)));
  return [...inner.flatMap(([, child]) => objectsIn(child, nestedIn, depth + 1)), only];
}

function toLayer(value: JsonObject): Layer {
  const layer = new Map<string, unknown[]>();
  for (const [name, field] of Object.entries(value)) {
    const key = toKey(name);
    const same = layer.get(key);
    if (same) same.push(field);
    else layer.set(key, [field]);
  }
  return layer;
}

/** `transactionStatus`, `Transaction-Status` and `transaction_status` are one name. */
function toKey(name: string): string {
  return name.replaceAll(/[^A-Za-z0-9]/g, "").toLowerCase();
}

// Only names that are written in the code get here.
const knownKeys = new Map<string, string>();

function toKnownKey(name: string): string {
  const known = knownKeys.get(name) ?? toKey(name);
  knownKeys.set(name, known);
  return known;
}

function first<T>(layer: Layer, name: string, read: Read<T>): T | undefined {
  for (const value of layer.get(toKnownKey(name)) ?? []) {
    const result = read(value);
    if (result !== undefined) return result;
  }
  return undefined;
}

// From texts to values. Every mistake is found, each with its variable, its fault and an example, and without the value:
// it may be a secret.

import { z } from "zod";
import { withFileValues } from "./config-files.js";

export type Environment = Readonly<Record<string, string | undefined>>;

/** The configuration cannot be used; `mistakes` has a line for each variable at fault. */
export class ConfigError extends Error {
  constructor(readonly mistakes: readonly string[]) {
    super(`The configuration cannot be used:\n${mistakes.map((mistake) => `  ${mistake}`).join("\n")}`);
    this.name = "ConfigError";
  }
}

export interface Parsed<T> {
  /** The default where the value is at fault. */
  read: T;
  /** Names at fault. */
  faulty: ReadonlySet<string>;
  mistakes: string[];
}

export function parse<S extends z.ZodObject>(schema: S, environment: Environment): Parsed<z.output<S>> {
  // An empty variable is one that is not set: that is how compose files and shells pass them on.
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ""));
  const { values, unread } = withFileValues(given, Object.keys(schema.shape));
  const read: Record<string, unknown> = {};
  const faulty = new Set(unread.keys());
  const mistakes = [...unread.values()];
  for (const [name, field] of Object.entries(schema.shape) as [string, z.ZodType][]) {
    const result = field.safeParse(values[name]);
    read[name] = result.success ? result.data : field.safeParse(undefined).data;
    if (result.success) continue;
    faulty.add(name);
    const example = exampleOf(field);
    const faults = [...new Set(result.error.issues.map(({ message }) => message))].join("; ");
    mistakes.push(`${name}: ${faults}${example === "" ? "" : `, e.g. ${name}=${example}`}`);
  }
  return { read: read as z.output<S>, faulty, mistakes };
}

/** Its default, where nothing else is said. */
export function exampleOf(field: z.ZodType): string {
  const { example } = z.globalRegistry.get(field) ?? {};
  return typeof example === "string" ? example : defaultOf(field);
}

/** As it would be written; empty where there is none. */
export function defaultOf(field: z.ZodType): string {
  const { data } = field.safeParse(undefined);
  return data === undefined ? "" : String(data);
}

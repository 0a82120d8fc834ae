// What a command ends with: text for people or one JSON value for programs, and the exit code. 0 is done, 1 a fault that
// was found or a refusal, 2 a wrong usage.

import type { Command } from "commander";

export interface Answer {
  text: string;
  /** The same for programs. */
  json: unknown;
  isFault?: boolean;
}

/** It cannot be done, for a reason that the operator can mend. */
export class Refused extends Error {
  override readonly name = "Refused";
}

/** An action for commander: it passes arguments, options and the command itself. */
export function answering<A extends unknown[]>(work: (...args: A) => Promise<Answer>) {
  return async (...args: unknown[]): Promise<void> => {
    const isJson = isJsonWanted(args.at(-1) as Command);
    try {
      const { text, json, isFault = false } = await work(...(args as A));
      if (isFault) process.exitCode = 1;
      if (isJson) console.log(JSON.stringify(json, null, 2));
      else if (isFault) console.error(text);
      else if (text !== "") console.log(text);
    } catch (error) {
      process.exitCode = 1;
      const message = messageOf(error);
      if (isJson) console.log(JSON.stringify({ error: message }, null, 2));
      else console.error(message);
    }
  };
}

export function isJsonWanted(command: Command): boolean {
  return command.optsWithGlobals().json === true;
}

/** With its causes: the outermost error often says no more than that something failed. */
export function messageOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === "") return error.errors.map(messageOf).join("; ");
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message : `${error.message} (${messageOf(error.cause)})`;
}

/** Rows for people: a heading and cells divided by tabs. */
export function toTable(heading: readonly string[], rows: readonly (readonly unknown[])[]): string {
  return [heading, ...rows].map((row) => row.map((cell) => cell ?? "-").join("\t")).join("\n");
}

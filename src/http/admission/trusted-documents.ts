// The operations of a manifest: a JSON object of texts under their SHA-256. A client may send the hash alone.

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { GraphQLError, type GraphQLSchema, parse, validate } from "graphql";
import { z } from "zod";

export interface TrustedDocumentSettings {
  file: string;
  /** `log` serves other texts too, and writes down which. */
  mode: "enforce" | "log";
}

const manifest = z.record(z.string(), z.string());

export class TrustedDocuments {
  readonly mode: "enforce" | "log";
  readonly #texts: ReadonlyMap<string, string>;

  constructor(texts: ReadonlyMap<string, string>, mode: "enforce" | "log") {
    this.#texts = texts;
    this.mode = mode;
  }

  /** Throws where the manifest cannot be used: a gateway that starts would refuse its own clients later. */
  static read({ file, mode }: TrustedDocumentSettings, schema: GraphQLSchema): TrustedDocuments {
    let read: unknown;
    try {
      read = JSON.parse(readFileSync(file, "utf8"));
    } catch (error) {
      throw new Error(`TRUSTED_DOCUMENTS: ${file} cannot be read as JSON.`, { cause: error });
    }
    const { success, data } = manifest.safeParse(read);
    if (!success) throw new Error(`TRUSTED_DOCUMENTS: ${file} must be an object of texts under their SHA-256.`);
    const texts = new Map(Object.entries(data));
    const faults = [...texts].flatMap(([hash, text]) => faultsOf(hash, text, schema));
    if (faults.length > 0) throw new Error(`TRUSTED_DOCUMENTS: ${file} cannot be used:\n  ${faults.join("\n  ")}`);
    return new TrustedDocuments(texts, mode);
  }

  textOf(hash: string): string | null {
    return this.#texts.get(hash.toLowerCase()) ?? null;
  }

  has(hash: string): boolean {
    return this.#texts.has(hash);
  }
}

export function hashOfText(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/** What is wrong with an entry, in one line each. */
export function faultsOf(hash: string, text: string, schema: GraphQLSchema): string[] {
  if (hashOfText(text) !== hash) return [`${hash}: is not the SHA-256 of its text.`];
  try {
    return validate(schema, parse(text)).map(({ message }) => `${hash}: ${message}`);
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error;
    return [`${hash}: ${error.message}`];
  }
}

// trusted-documents FOLDER FILE: a manifest of the operations that a front end has, each .graphql file of the folder
// under the SHA-256 of its text.

import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "commander";
import { type Answer, answering } from "./answer.js";

export function addTrustedDocuments(program: Command): void {
  program
    .command("trusted-documents <folder> <file>")
    .description("make a manifest of a folder's .graphql files, for TRUSTED_DOCUMENTS")
    .action(answering(makeManifest));
}

async function makeManifest(folder: string, file: string): Promise<Answer> {
  await import("reflect-metadata");
  const { buildGatewaySchema } = await import("../resolvers/build-schema.js");
  const { faultsOf, hashOfText } = await import("../http/admission/trusted-documents.js");
  const schema = await buildGatewaySchema();
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".graphql"))
    .sort();
  const texts = names.map((name) => [name, readFileSync(join(folder, name), "utf8")] as const);
  const faults = texts.flatMap(([name, text]) =>
    faultsOf(hashOfText(text), text, schema).map((fault) => `${name}: ${fault.slice(fault.indexOf(" ") + 1)}`),
  );
  if (faults.length > 0) return { text: faults.join("\n"), json: { faults }, isFault: true };
  const manifest = Object.fromEntries(texts.map(([, text]) => [hashOfText(text), text]));
  writeFileSync(file, `${JSON.stringify(manifest, null, 2)}\n`);
  return { text: `${file}: ${texts.length} documents`, json: { file, documents: texts.length } };
}

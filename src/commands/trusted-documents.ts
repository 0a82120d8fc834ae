// npm run trusted-documents -- FOLDER FILE: a manifest of the operations that a front end has, each .graphql file of the
// folder under the SHA-256 of its text.

import "reflect-metadata";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { faultsOf, hashOfText } from "../http/admission/trusted-documents.js";
import { buildGatewaySchema } from "../resolvers/build-schema.js";

const [folder, file] = process.argv.slice(2);
if (!folder || !file) {
  console.error("Usage: trusted-documents FOLDER FILE   (FILE is for TRUSTED_DOCUMENTS)");
  process.exitCode = 2;
} else {
  const schema = await buildGatewaySchema();
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".graphql"))
    .sort();
  const texts = names.map((name) => [name, readFileSync(join(folder, name), "utf8")] as const);
  const faults = texts.flatMap(([name, text]) =>
    faultsOf(hashOfText(text), text, schema).map((fault) => `${name}: ${fault.slice(fault.indexOf(" ") + 1)}`),
  );
  if (faults.length > 0) {
    console.error(faults.join("\n"));
    process.exitCode = 1;
  } else {
    const manifest = Object.fromEntries(texts.map(([, text]) => [hashOfText(text), text]));
    writeFileSync(file, `${JSON.stringify(manifest, null, 2)}\n`);
    console.log(`${file}: ${texts.length} documents`);
  }
}

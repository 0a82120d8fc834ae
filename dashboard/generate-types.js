// From the gateway's schema and the operations of this page to typed documents.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { codegen } from "@graphql-codegen/core";
import * as typedDocumentNode from "@graphql-codegen/typed-document-node";
import * as operations from "@graphql-codegen/typescript-operations";
import { parse } from "graphql";

const here = new URL(".", import.meta.url);
const folder = new URL("src/operations/", here);
const output = new URL("src/generated/operations.ts", here);

const documents = readdirSync(folder)
  .filter((name) => name.endsWith(".graphql"))
  .sort()
  .map((location) => ({ location, document: parse(readFileSync(new URL(location, folder), "utf8")) }));

const config = {
  enumType: "string-literal",
  enumsAsTypes: true,
  useTypeImports: true,
  skipTypename: true,
  immutableTypes: true,
  scalars: { ID: "string", DateTime: "string", Decimal: "string", Cursor: "string", Upload: "File" },
};

const text = await codegen({
  filename: "operations.ts",
  schema: parse(readFileSync(new URL("../schema.graphql", here), "utf8")),
  documents,
  config,
  plugins: [{ operations: {} }, { documents: {} }],
  pluginMap: { operations, documents: typedDocumentNode },
});

mkdirSync(new URL(".", output), { recursive: true });
writeFileSync(output, text);

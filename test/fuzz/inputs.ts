// What a hostile or broken client could send: half of it nearly right, so that it gets past the first check.

import fc, { type Arbitrary } from "fast-check";
import type { GraphQLSchema } from "graphql";
import { generatedOperations } from "../support/generated-operations.js";

export interface FuzzedRequest {
  path: string;
  method: string;
  headers: Record<string, string>;
  body: Buffer;
}

const awkward = fc.constantFrom(
  "",
  "null",
  "__proto__",
  "constructor",
  "\0",
  "\ufeff",
  "\ud800",
  "\u202e",
  "💸",
  "'; drop table payouts; --",
  "%00",
  "../../etc/passwd",
  "1e400",
  "-0",
  "0.1",
  "99999999999999999999",
  "NaN",
  "9".repeat(400),
  "x".repeat(5_000),
  "{{",
  "\\u0000",
);
const text = fc.oneof(awkward, fc.string({ unit: "binary", maxLength: 60 }), fc.string({ maxLength: 20 }));
const json = fc.oneof(
  { weight: 3, arbitrary: fc.jsonValue({ maxDepth: 3, stringUnit: "binary" }) },
  { weight: 2, arbitrary: awkward },
  { weight: 1, arbitrary: fc.constantFrom({ __proto__: { x: 1 } }, [], {}, [[[[[[[]]]]]]], 1e308, -1, true) },
);

/** Cuts, doubles and overwrites pieces of something that was right. */
function mangled(source: Arbitrary<string>, tokens: Arbitrary<string>): Arbitrary<string> {
  const cut = fc.record({ at: fc.double({ min: 0, max: 1, noNaN: true }), length: fc.nat(30), put: fc.option(tokens) });
  return fc.tuple(source, fc.array(cut, { maxLength: 4 })).map(([whole, cuts]) =>
    cuts.reduce((current, { at, length, put }) => {
      const start = Math.floor(at * current.length);
      return (
        current.slice(0, start) +
        (put ?? current.slice(start, start + length).repeat(2)) +
        current.slice(start + length)
      );
    }, whole),
  );
}

const tokens = fc.constantFrom(
  "{",
  "}",
  "(",
  ")",
  "[",
  "]",
  "$",
  ":",
  "!",
  "...",
  "@",
  "@include(if: true)",
  "@skip(if: $x)",
  "fragment F on Query { ...F }",
  "...F",
  "on",
  "query",
  "mutation",
  "subscription",
  "__schema { types { name } }",
  "__typename",
  '"',
  '"""',
  "#",
  "&",
  "|",
  "=",
  "1e999",
  "-",
  "\\u{110000}",
  "id",
);

export function graphqlRequests(schema: GraphQLSchema): Arbitrary<FuzzedRequest> {
  const operations = generatedOperations(schema).filter(({ kind }) => kind !== "subscription");
  const operation = fc.constantFrom(...operations);
  const variables = operation.chain(({ text: query, args }) =>
    fc.record({
      query: mangled(fc.constant(query), fc.oneof(tokens, awkward)),
      exact: fc.constant(query),
      isExact: fc.boolean(),
      variables: fc.oneof(
        fc.record(Object.fromEntries(args.map(({ name }) => [name, json])), { requiredKeys: [] }),
        json,
      ),
      operationName: fc.oneof(fc.constant(undefined), json),
      extensions: fc.oneof(fc.constant(undefined), json),
    }),
  );
  const bodies = fc.oneof(
    {
      weight: 6,
      arbitrary: variables.map(({ isExact, exact, query, ...rest }) =>
        JSON.stringify({ query: isExact ? exact : query, ...rest }),
      ),
    },
    {
      weight: 2,
      arbitrary: fc.array(tokens, { maxLength: 60 }).map((parts) => JSON.stringify({ query: parts.join(" ") })),
    },
    { weight: 1, arbitrary: json.map((value) => JSON.stringify(value) ?? "") },
    {
      weight: 1,
      arbitrary: mangled(fc.constant(JSON.stringify({ query: "{ statusCursor }", variables: {} })), awkward),
    },
  );
  const types = fc.constantFrom(
    "application/json",
    "application/json; charset=utf-8",
    "application/graphql-response+json",
    "text/plain",
    "application/x-www-form-urlencoded",
    "",
    "x",
  );
  return fc
    .record({
      body: bodies,
      type: fc.oneof({ weight: 8, arbitrary: fc.constant("application/json") }, types),
      hasPreflight: fc.boolean(),
    })
    .map(({ body, type, hasPreflight }) => ({
      path: "/graphql",
      method: "POST",
      headers: {
        ...(type ? { "content-type": type } : {}),
        ...(hasPreflight ? { "apollo-require-preflight": "1" } : {}),
      },
      body: Buffer.from(body),
    }));
}

/** Positions and page keys: real ones that were changed, and ones that never were. */
export function cursorRequests(real: readonly string[]): Arbitrary<FuzzedRequest> {
  const cursor = fc.oneof(
    mangled(fc.constantFrom(...real), text),
    text,
    text.map((inner) => Buffer.from(inner).toString("base64url")),
    fc
      .tuple(fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }), text)
      .map(([at, id]) => Buffer.from(`${at} ${id}`).toString("base64url")),
  );
  const query = fc.constantFrom(
    "query ($after: Cursor) { statusChanges(after: $after) { cursor } }",
    "query ($after: String) { customers(after: $after) { nodes { id } pageInfo { endCursor } } }",
    "query ($after: String) { payouts(after: $after, first: 2) { edges { cursor } totalCount } }",
  );
  return fc.tuple(query, cursor).map(([asked, after]) => ({
    path: "/graphql",
    method: "POST",
    headers: { "content-type": "application/json" },
    body: Buffer.from(JSON.stringify({ query: asked, variables: { after } })),
  }));
}

/** Bodies of webhooks; whoever sends them signs most of them rightly. */
export function webhookBodies(examples: readonly object[]): Arbitrary<Buffer> {
  const example = fc.constantFrom(...examples);
  const changed = fc
    .tuple(example, fc.dictionary(fc.constantFrom(...namesIn(examples)), json, { maxKeys: 6 }))
    .map(([whole, news]) => JSON.stringify({ ...whole, ...news }));
  return fc.oneof(
    { weight: 5, arbitrary: changed.map((body) => Buffer.from(body)) },
    {
      weight: 2,
      arbitrary: mangled(
        example.map((whole) => JSON.stringify(whole)),
        awkward,
      ).map((body) => Buffer.from(body)),
    },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 400 }).map((bytes) => Buffer.from(bytes)) },
  );
}

function namesIn(examples: readonly object[]): string[] {
  return [...new Set(examples.flatMap((example) => Object.keys(example)))];
}

/** Multipart requests whose parts are in any order, doubled, cut off, or contradict each other. */
export const multipartRequests: Arbitrary<FuzzedRequest> = (() => {
  const mutation = `mutation ($input: UploadDocumentInput!) { uploadDocument(input: $input) { document { id } userErrors { code } } }`;
  const operations = fc.oneof(
    fc.constant(
      JSON.stringify({ query: mutation, variables: { input: { customerId: "x", category: "IDENTITY", file: null } } }),
    ),
    mangled(fc.constant(JSON.stringify({ query: mutation, variables: { input: { file: null } } })), awkward),
    json.map((value) => JSON.stringify(value) ?? ""),
  );
  const map = fc.oneof(
    fc.constant(`{"0":["variables.input.file"]}`),
    fc
      .dictionary(
        fc.constantFrom("0", "1", "__proto__"),
        fc.oneof(
          fc.array(
            fc.constantFrom("variables.input.file", "variables.__proto__.x", "query", "0.variables.input.file", ""),
            { maxLength: 3 },
          ),
          json,
        ),
      )
      .map((value) => JSON.stringify(value)),
    text,
  );
  const file = fc.record({
    name: fc.constantFrom("0", "1", "", "map"),
    fileName: text,
    bytes: fc.uint8Array({ maxLength: 300 }),
  });
  return fc
    .record({
      operations,
      map,
      files: fc.array(file, { maxLength: 3 }),
      order: fc.shuffledSubarray(["operations", "map", "files"], { minLength: 1 }),
      cutAt: fc.option(fc.double({ min: 0, max: 1, noNaN: true })),
      hasPreflight: fc.boolean(),
    })
    .map(({ operations: asked, map: mapped, files, order, cutAt, hasPreflight }) => {
      const boundary = "----fuzz";
      const part = (head: string, bytes: Buffer) =>
        Buffer.concat([Buffer.from(`--${boundary}\r\n${head}\r\n\r\n`), bytes, Buffer.from("\r\n")]);
      const field = (name: string, value: string) =>
        part(`Content-Disposition: form-data; name="${name}"`, Buffer.from(value));
      const parts = order.flatMap((kind) => {
        if (kind === "operations") return [field("operations", asked)];
        if (kind === "map") return [field("map", mapped)];
        return files.map(({ name, fileName, bytes }) =>
          part(
            `Content-Disposition: form-data; name="${name}"; filename="${fileName.replace(/["\r\n]/g, "_")}"\r\nContent-Type: image/png`,
            Buffer.from(bytes),
          ),
        );
      });
      const whole = Buffer.concat([...parts, Buffer.from(`--${boundary}--\r\n`)]);
      return {
        path: "/graphql",
        method: "POST",
        headers: {
          "content-type": `multipart/form-data; boundary=${boundary}`,
          ...(hasPreflight ? { "apollo-require-preflight": "1" } : {}),
        },
        body: cutAt === null ? whole : whole.subarray(0, Math.floor(cutAt * whole.length)),
      };
    });
})();

/** Frames of a socket: the protocol's own messages with anything in them, and what is none of them. */
export function socketFrames(schema: GraphQLSchema): Arbitrary<string[]> {
  const query = fc.oneof(
    fc.constantFrom(...generatedOperations(schema).map(({ text: asked }) => asked)),
    mangled(fc.constant("{ statusCursor }"), tokens),
  );
  const message = fc.oneof(
    fc.record({
      type: fc.constantFrom("connection_init", "ping", "pong"),
      payload: fc.oneof(json, fc.constant({ authorization: "Bearer x" })),
    }),
    fc.record({
      id: fc.oneof(fc.constantFrom("1", "2"), json),
      type: fc.constant("subscribe"),
      payload: fc.record({ query: fc.oneof(query, json), variables: json }),
    }),
    fc.record({ id: fc.constantFrom("1", "2"), type: fc.constantFrom("complete", "next", "error", "nothing") }),
    json,
  );
  const frame = fc.oneof(
    { weight: 6, arbitrary: message.map((value) => JSON.stringify(value) ?? "") },
    { weight: 1, arbitrary: text },
  );
  return fc.array(frame, { minLength: 1, maxLength: 8 }).map((frames) => ['{"type":"connection_init"}', ...frames]);
}

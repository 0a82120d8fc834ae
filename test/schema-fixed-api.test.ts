import { readFileSync } from "node:fs";
import { buildSchema, type GraphQLSchema, printSchema } from "graphql";
import { gapsTo, namedTypes, promisesOf, readFixedApi, readPrintedSchema } from "./support/fixed-api.js";
import { published, testWithPublished } from "./support/published.js";

/** The first edition, and of the second each capability that is built. */
const publishedFiles = ["api.graphql", "api/operations.graphql"];

test("the printed schema covers the whole fixed API, with its types and nullability", () => {
  expect(gapsTo(readFixedApi(), readPrintedSchema())).toEqual([]);
});

testWithPublished("the project's copy of the fixed API is the published one", () => {
  const promises = (schema: GraphQLSchema) => namedTypes(schema).flatMap(promisesOf).sort();
  const texts = publishedFiles.map((file) => readFileSync(published(file), "utf8"));
  expect(promises(readFixedApi())).toEqual(promises(buildSchema(texts.join("\n"))));
});

test.each([
  ["a type renamed", /\bPayoutQuote\b/g, "Quote", "type PayoutQuote"],
  ["a field turned nullable", "asOf: DateTime!", "asOf: DateTime", "Customer.asOf: DateTime!"],
  ["an argument's default changed", "first: Int = 100", "first: Int = 10", "Query.statusChanges(first:): Int = 100"],
  ["an enum value gone", "  UNCONFIRMED\n", "", "PayoutStatus.UNCONFIRMED"],
  ["an input field made required", "  state: String\n", "  state: String!\n", "CreateCustomerInput.state: String"],
  ["@oneOf gone", "input PayoutAmountInput @oneOf", "input PayoutAmountInput", "PayoutAmountInput @oneOf"],
  [
    "an interface left",
    "PayoutStatusChange implements StatusChange",
    "PayoutStatusChange",
    "PayoutStatusChange implements StatusChange",
  ],
  [
    "a further argument required",
    "payout(id: ID!)",
    "payout(id: ID!, tenant: String!)",
    "newly required: Query.payout(tenant:)",
  ],
  [
    "a further input field required",
    "input AttachDocumentsInput {",
    "input AttachDocumentsInput {\n  force: Boolean!",
    "newly required: AttachDocumentsInput.force",
  ],
])("%s breaks the fixed API", (_what, found, replacement, gap) => {
  const fixed = readFixedApi();
  const changed = printSchema(fixed).replace(found, replacement);
  expect(changed).not.toBe(printSchema(fixed));
  expect(gapsTo(fixed, buildSchema(changed))).toContain(gap);
});

test("further types, fields and optional arguments do not break the fixed API", () => {
  const fixed = readFixedApi();
  const grown = printSchema(fixed)
    .replace("type Query {", "type Query {\n  health(deep: Boolean!): String")
    .replace("payout(id: ID!)", "payout(id: ID!, fresh: Boolean)");
  expect(gapsTo(fixed, buildSchema(grown))).toEqual([]);
});

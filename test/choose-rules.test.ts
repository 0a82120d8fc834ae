// A rule is left out where it has nothing to say: what is said of a document is the same.

import { parse, specifiedRules, validate } from "graphql";
import { rulesFor } from "../src/http/admission/choose-rules.js";
import { scanText } from "../src/http/admission/scan-text.js";
import { readPrintedSchema } from "./support/fixed-api.js";
import { generatedOperations } from "./support/generated-operations.js";

const schema = readPrintedSchema();

/** By the rule that each is against; where several are, the one that is about the least. */
const faulty: Record<string, string[]> = {
  ExecutableDefinitionsRule: ["type Other { id: ID }", "{ statusCursor } type Other { id: ID }"],
  UniqueOperationNamesRule: ["query A { statusCursor } query A { statusCursor }"],
  LoneAnonymousOperationRule: ["{ statusCursor } query A { statusCursor }"],
  SingleFieldSubscriptionsRule: [
    "subscription { a: statusChanged { cursor } b: statusChanged { cursor } }",
    "query A { statusCursor } subscription B { a: statusChanged { cursor } b: statusChanged { cursor } }",
    "subscription { ...F } fragment F on Subscription { a: statusChanged { cursor } b: statusChanged { cursor } }",
  ],
  KnownTypeNamesRule: ["query ($id: Nothing) { customer(id: $id) { id } }", "{ ... on Nothing { statusCursor } }"],
  FragmentsOnCompositeTypesRule: ["{ ... on ID { id } }", "{ statusCursor } fragment F on String { id }"],
  VariablesAreInputTypesRule: ["query ($id: Customer) { customer(id: $id) { id } }"],
  ScalarLeafsRule: ["{ customers }", "{ statusCursor { id } }"],
  FieldsOnCorrectTypeRule: ["{ nothing }", "{ customers { nothing } }"],
  UniqueFragmentNamesRule: ["{ ...F } fragment F on Query { statusCursor } fragment F on Query { statusCursor }"],
  KnownFragmentNamesRule: ["{ ...Nothing }"],
  NoUnusedFragmentsRule: ["{ statusCursor } fragment F on Query { statusCursor }"],
  PossibleFragmentSpreadsRule: ["{ ... on Customer { id } }", "{ ...F } fragment F on Payout { id }"],
  NoFragmentCyclesRule: ["{ ...F } fragment F on Query { ...G } fragment G on Query { ...F }"],
  UniqueVariableNamesRule: ["query ($id: ID!, $id: ID!) { customer(id: $id) { id } }"],
  NoUndefinedVariablesRule: [
    "{ customer(id: $id) { id } }",
    "{ ...F } fragment F on Query { customer(id: $id) { id } }",
  ],
  NoUnusedVariablesRule: ["query ($id: ID!) { statusCursor }"],
  KnownDirectivesRule: ["{ statusCursor @nothing }", "query @skip(if: true) { statusCursor }"],
  UniqueDirectivesPerLocationRule: ["{ statusCursor @skip(if: true) @skip(if: false) }"],
  KnownArgumentNamesRule: ["{ customers(nothing: 1) { totalCount } }", "{ statusCursor @skip(if: true, nothing: 1) }"],
  UniqueArgumentNamesRule: ["{ customers(first: 1, first: 2) { totalCount } }"],
  ValuesOfCorrectTypeRule: [
    '{ customers(first: "many") { totalCount } }',
    "{ payouts(filter: { nothing: 1 }) { totalCount } }",
    "query ($first: Int = true) { customers(first: $first) { totalCount } }",
  ],
  ProvidedRequiredArgumentsRule: ["{ customer { id } }", "{ statusCursor @skip }"],
  VariablesInAllowedPositionRule: ["query ($id: Int) { customer(id: $id) { id } }"],
  OverlappingFieldsCanBeMergedRule: ["{ a: customers { totalCount } a: payouts { totalCount } }"],
  UniqueInputFieldNamesRule: [
    "{ payouts(filter: { status: [FAILED], status: [PENDING] }) { totalCount } }",
    "query ($filter: PayoutFilter = { status: [FAILED], status: [] }) { payouts(filter: $filter) { totalCount } }",
  ],
  MaxIntrospectionDepthRule: [
    `{ __schema { types ${"{ fields { type ".repeat(4)} { name } ${"} }".repeat(4)} } }`,
    `{ a: __type(name: "A") ${"{ fields { type ".repeat(4)} { name } ${"} }".repeat(4)} }`,
  ],
};

const sound = [
  ...generatedOperations(schema).map(({ text }) => text),
  '{ customer(id: "(") { id } payouts(filter: { status: [FAILED] }) { totalCount } }',
  'query ("a text" $first: Int = 5) { customers(first: $first) { nodes { id @skip(if: false) } } }',
];

const limits = { tokens: 5_000, depth: 50 };
const rulesOf = (text: string) => rulesFor(scanText(text, limits), parse(text));
const faultsOf = (text: string, rules = specifiedRules) =>
  validate(schema, parse(text), rules).map(({ message, nodes }) => [message, nodes?.length]);

test.each([...Object.entries(faulty), ["sound documents", sound] as const])("%s", (_name, texts) => {
  for (const text of texts) expect([text, faultsOf(text, rulesOf(text))]).toEqual([text, faultsOf(text)]);
});

test("each rule has a document here that it complains of, and most are left out of a plain question", () => {
  for (const rule of specifiedRules) {
    const texts = faulty[rule.name] ?? [];
    expect([rule.name, texts.map((text) => faultsOf(text, [rule]).length > 0)]).toEqual([
      rule.name,
      texts.map(() => true),
    ]);
    expect([rule.name, texts.length > 0]).toEqual([rule.name, true]);
  }
  expect(rulesOf('{ customer(id: "1") { id name } }').length).toBeLessThan(specifiedRules.length / 2);
});

// The rules of validation that can have anything to say to a document: half of them are about what most documents do not
// have. What a newer version of graphql-js adds is asked of every document, until it is known here.

import {
  type DocumentNode,
  ExecutableDefinitionsRule,
  FragmentsOnCompositeTypesRule,
  Kind,
  KnownDirectivesRule,
  KnownFragmentNamesRule,
  LoneAnonymousOperationRule,
  MaxIntrospectionDepthRule,
  NoFragmentCyclesRule,
  NoUndefinedVariablesRule,
  NoUnusedFragmentsRule,
  NoUnusedVariablesRule,
  PossibleFragmentSpreadsRule,
  SingleFieldSubscriptionsRule,
  specifiedRules,
  UniqueDirectivesPerLocationRule,
  UniqueFragmentNamesRule,
  UniqueInputFieldNamesRule,
  UniqueOperationNamesRule,
  UniqueVariableNamesRule,
  type ValidationRule,
  VariablesAreInputTypesRule,
  VariablesInAllowedPositionRule,
} from "graphql";
import type { Words } from "./scan-text.js";

/** What a document may have, and the rules that are about nothing else. */
const about: [has: (words: Words, document: DocumentNode) => boolean, rules: readonly ValidationRule[]][] = [
  [
    (_words, document) => !isLoneOperation(document),
    [ExecutableDefinitionsRule, UniqueOperationNamesRule, LoneAnonymousOperationRule],
  ],
  [(_words, document) => !isLoneOperation(document) || isSubscription(document), [SingleFieldSubscriptionsRule]],
  [
    (words, document) => words.hasSpreads || !isLoneOperation(document),
    [
      FragmentsOnCompositeTypesRule,
      UniqueFragmentNamesRule,
      KnownFragmentNamesRule,
      NoUnusedFragmentsRule,
      PossibleFragmentSpreadsRule,
      NoFragmentCyclesRule,
    ],
  ],
  [(words) => words.hasDirectives, [KnownDirectivesRule, UniqueDirectivesPerLocationRule]],
  [
    (words) => words.hasVariables,
    [
      VariablesAreInputTypesRule,
      UniqueVariableNamesRule,
      NoUndefinedVariablesRule,
      NoUnusedVariablesRule,
      VariablesInAllowedPositionRule,
    ],
  ],
  [(words) => words.hasObjects, [UniqueInputFieldNamesRule]],
  [(words) => words.mayAskSchema, [MaxIntrospectionDepthRule]],
];

/** By what a document has, in the order of `about`, as bits. */
const chosen = new Map<number, readonly ValidationRule[]>();

export function rulesFor(words: Words, document: DocumentNode): readonly ValidationRule[] {
  let key = 0;
  for (const [at, [has]] of about.entries()) if (has(words, document)) key += 2 ** at;
  let rules = chosen.get(key);
  if (!rules) {
    const idle = new Set(about.flatMap(([, own], at) => (key & (2 ** at) ? [] : own)));
    rules = specifiedRules.filter((rule) => !idle.has(rule));
    chosen.set(key, rules);
  }
  return rules;
}

function isLoneOperation({ definitions }: DocumentNode): boolean {
  return definitions.length === 1 && definitions[0]?.kind === Kind.OPERATION_DEFINITION;
}

function isSubscription({ definitions: [first] }: DocumentNode): boolean {
  return first?.kind === Kind.OPERATION_DEFINITION && first.operation === "subscription";
}

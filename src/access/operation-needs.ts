// What an operation needs, read from its text before anything of it is run: a mutation that may do the first of two things
// only does neither.

import {
  type DocumentNode,
  type FragmentDefinitionNode,
  type GraphQLCompositeType,
  type GraphQLSchema,
  getNamedType,
  isCompositeType,
  isInterfaceType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from "graphql";
import { AccessError } from "./access-error.js";
import type { AuditTrail } from "./audit-trail.js";
import { fieldNeeds, type Need } from "./field-scopes.js";
import { hasScope, type Principal } from "./principal.js";

export interface FieldNeed {
  /** E.g. Customer.payouts. */
  field: string;
  anyOf: Need;
}

/** The document has to be valid. */
export function needsOf(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
): FieldNeed[] {
  const fragments = new Map(
    document.definitions
      .filter((definition): definition is FragmentDefinitionNode => definition.kind === Kind.FRAGMENT_DEFINITION)
      .map((fragment) => [fragment.name.value, fragment]),
  );
  const needs = new Map<string, FieldNeed>();
  const seen = new Set<FragmentDefinitionNode>();

  const visit = (type: GraphQLCompositeType, { selections }: SelectionSetNode): void => {
    for (const selection of selections) {
      if (selection.kind === Kind.FIELD) {
        const field = `${type.name}.${selection.name.value}`;
        const anyOf = fieldNeeds[field];
        if (anyOf) needs.set(field, { field, anyOf });
        if (!selection.selectionSet || !(isObjectType(type) || isInterfaceType(type))) continue;
        const next = getNamedType(type.getFields()[selection.name.value]?.type);
        if (next && isCompositeType(next)) visit(next, selection.selectionSet);
        continue;
      }
      const fragment = selection.kind === Kind.INLINE_FRAGMENT ? selection : fragments.get(selection.name.value);
      if (!fragment) continue;
      // Once is enough: what a fragment needs does not depend on where it stands.
      if (fragment.kind === Kind.FRAGMENT_DEFINITION) {
        if (seen.has(fragment)) continue;
        seen.add(fragment);
      }
      const condition = fragment.typeCondition ? schema.getType(fragment.typeCondition.name.value) : type;
      if (condition && isCompositeType(condition)) visit(condition, fragment.selectionSet);
    }
  };
  const root = schema.getRootType(operation.operation);
  if (root) visit(root, operation.selectionSet);
  return [...needs.values()];
}

export function missingNeed(principal: Principal, needs: readonly FieldNeed[]): FieldNeed | undefined {
  return needs.find(({ anyOf }) => !anyOf.some((scope) => hasScope(principal, scope)));
}

/** Throws an AccessError that names the field and what it needs. The trail has it as a refusal. */
export function requireScopes(
  principal: Principal,
  needs: readonly FieldNeed[],
  audit: AuditTrail,
  requestId: string | null = null,
): void {
  const missing = missingNeed(principal, needs);
  if (!missing) return;
  const action = missing.field.replace(rootType, "");
  audit.note({ principal, action, requestId, detail: { code: "FORBIDDEN" } });
  throw new AccessError("FORBIDDEN", `${missing.field} needs the scope ${missing.anyOf.join(" or ")}.`);
}

const rootType = /^(Query|Mutation|Subscription)\./;

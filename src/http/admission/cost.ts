// The cost of an operation as a sum that is worked out once for each text. What hangs on variables stays open and is
// filled in with each request's own.

import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLCompositeType,
  type GraphQLField,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isCompositeType,
  isInterfaceType,
  isListType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
  type ValueNode,
} from "graphql";
import {
  freeFields,
  knownLists,
  mutationPrice,
  objectPrice,
  providerCallPrice,
  providerFields,
  usualList,
} from "./prices.js";

export type Variables = Readonly<Record<string, unknown>>;

/** A number of entries, or where it will come from. */
export type Size = number | { readonly variable: string; readonly byDefault: number };

export type Cost = number | CostSum;
interface CostSum {
  readonly own: number;
  readonly parts: readonly { readonly times: Size; readonly of: Cost }[];
}

export interface PricedOperation {
  cost: Cost;
  /** Every `first` that it asks for. */
  pageSizes: readonly Size[];
}

export function sizeFor(size: Size, variables: Variables): number {
  if (typeof size === "number") return size;
  const value = variables[size.variable];
  return typeof value === "number" ? value : size.byDefault;
}

export function costFor(cost: Cost, variables: Variables, known = new Map<CostSum, number>()): number {
  if (typeof cost === "number") return cost;
  let sum = known.get(cost);
  if (sum === undefined) {
    sum = cost.own;
    for (const { times, of } of cost.parts) {
      sum += Math.max(0, sizeFor(times, variables)) * costFor(of, variables, known);
    }
    known.set(cost, sum);
  }
  return sum;
}

/** The document has to be valid. */
export function priceOperation(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
): PricedOperation {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
  }
  const defaults = new Map(
    (operation.variableDefinitions ?? []).map(({ variable, defaultValue }) => [variable.name.value, defaultValue]),
  );
  const priced = new Map<string, Cost>();
  const pageSizes: Size[] = [];

  /** `page` is how many entries the connection around has. */
  function ofSelections(type: GraphQLCompositeType, { selections }: SelectionSetNode, page: Size | null): Cost {
    const parts: { times: Size; of: Cost }[] = [];
    for (const selection of selections) {
      if (selection.kind === Kind.FIELD) {
        if (freeFields.has(selection.name.value) || !(isObjectType(type) || isInterfaceType(type))) continue;
        const field = type.getFields()[selection.name.value];
        if (field) parts.push(ofField(`${type.name}.${field.name}`, field, selection, page));
        continue;
      }
      const fragment = selection.kind === Kind.INLINE_FRAGMENT ? selection : fragments.get(selection.name.value);
      const condition = fragment?.typeCondition ? schema.getType(fragment.typeCondition.name.value) : type;
      if (!fragment || !condition || !isCompositeType(condition)) continue;
      if (fragment.kind === Kind.INLINE_FRAGMENT) {
        parts.push({ times: 1, of: ofSelections(condition, fragment.selectionSet, page) });
        continue;
      }
      const key = `${fragment.name.value} ${JSON.stringify(page)}`;
      let cost = priced.get(key);
      if (cost === undefined) {
        cost = ofSelections(condition, fragment.selectionSet, page);
        priced.set(key, cost);
      }
      parts.push({ times: 1, of: cost });
    }
    return sumOf(0, parts);
  }

  function ofField(
    name: string,
    field: GraphQLField<unknown, unknown>,
    node: FieldNode,
    page: Size | null,
  ): { times: Size; of: Cost } {
    const asked = askedSize(name, field, node);
    if (asked !== null) pageSizes.push(asked);
    const type = getNamedType(field.type);
    const isList = isListType(getNullableType(field.type));
    const call = providerFields.has(name) ? providerCallPrice : name.startsWith("Mutation.") ? mutationPrice : 0;
    if (!isCompositeType(type) || !node.selectionSet) return { times: 1, of: call };
    const below = ofSelections(type, node.selectionSet, isList ? null : asked);
    const each = sumOf(objectPrice, [{ times: 1, of: below }]);
    if (!isList) return { times: 1, of: sumOf(call, [{ times: 1, of: each }]) };
    const times = asked ?? page ?? knownLists[name] ?? usualList;
    return call === 0 ? { times, of: each } : { times: 1, of: sumOf(call, [{ times, of: each }]) };
  }

  function askedSize(name: string, field: GraphQLField<unknown, unknown>, node: FieldNode): Size | null {
    const argument = field.args.find((arg) => arg.name === "first");
    if (!argument) return null;
    const ofSchema = typeof argument.defaultValue === "number" ? argument.defaultValue : usualList;
    const byDefault = knownLists[name] ?? ofSchema;
    const given = node.arguments?.find((arg) => arg.name.value === "first")?.value;
    if (given?.kind !== Kind.VARIABLE) return numberOf(given) ?? byDefault;
    const variable = given.name.value;
    return { variable, byDefault: numberOf(defaults.get(variable)) ?? byDefault };
  }

  const root = schema.getRootType(operation.operation);
  return { cost: root ? ofSelections(root, operation.selectionSet, null) : 0, pageSizes };
}

function numberOf(value: ValueNode | undefined): number | null {
  return value?.kind === Kind.INT ? Number(value.value) : null;
}

/** Only what hangs on variables is kept as a sum. */
function sumOf(own: number, parts: readonly { times: Size; of: Cost }[]): Cost {
  let fixed = own;
  const open: { times: Size; of: Cost }[] = [];
  for (const { times, of } of parts) {
    if (typeof times === "number" && typeof of === "number") fixed += Math.max(0, times) * of;
    else if (of !== 0) open.push({ times, of });
  }
  return open.length === 0 ? fixed : { own: fixed, parts: open };
}

// One operation for each root field, made from the schema: every argument a variable, everything selected that can be
// reached, so that a field which is added later is asked for too.

import {
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
  getNamedType,
  isInterfaceType,
  isLeafType,
  isObjectType,
} from "graphql";

export interface GeneratedOperation {
  kind: "query" | "mutation" | "subscription";
  field: string;
  /** E.g. Query.customer. */
  name: string;
  text: string;
  args: readonly GraphQLArgument[];
}

const maxDepth = 4;

export function generatedOperations(schema: GraphQLSchema): GeneratedOperation[] {
  return (["query", "mutation", "subscription"] as const).flatMap((kind) => {
    const root = schema.getRootType(kind as never) as GraphQLObjectType;
    return Object.values(root.getFields()).map((field) => operationOf(schema, kind, root, field));
  });
}

function operationOf(
  schema: GraphQLSchema,
  kind: GeneratedOperation["kind"],
  root: GraphQLObjectType,
  { name, args, type }: GraphQLField<unknown, unknown>,
): GeneratedOperation {
  const variables = args.map((arg) => `$${arg.name}: ${arg.type}`).join(", ");
  const passed = args.map((arg) => `${arg.name}: $${arg.name}`).join(", ");
  const head = variables ? `${kind} (${variables})` : kind;
  const call = passed ? `${name}(${passed})` : name;
  return {
    kind,
    field: name,
    name: `${root.name}.${name}`,
    text: `${head} { ${call} ${selectionOf(schema, type, 1, [])} }`,
    args,
  };
}

function selectionOf(schema: GraphQLSchema, type: GraphQLOutputType, depth: number, above: readonly string[]): string {
  const named = getNamedType(type);
  if (isLeafType(named)) return "";
  const path = [...above, named.name];
  const possible = isInterfaceType(named) ? schema.getPossibleTypes(named) : [];
  const fields = isObjectType(named) || isInterfaceType(named) ? Object.values(named.getFields()) : [];
  const own = fields.flatMap((field) => fieldOf(schema, named.name, field, depth, path));
  const fragments = possible.map(
    (each) =>
      `... on ${each.name} { ${Object.values(each.getFields())
        .flatMap((field) => fieldOf(schema, each.name, field, depth, path))
        .join(" ")} }`,
  );
  return `{ __typename ${[...own, ...fragments].join(" ")} }`;
}

function fieldOf(
  schema: GraphQLSchema,
  owner: string,
  field: GraphQLField<unknown, unknown>,
  depth: number,
  above: readonly string[],
): string[] {
  const named = getNamedType(field.type);
  // Fields of one name and different types, as `from` of the three kinds of change, need names of their own.
  const label = field.name === "from" || field.name === "to" ? `${owner}_${field.name}: ${field.name}` : field.name;
  if (isLeafType(named)) return [label];
  if (depth >= maxDepth || above.filter((name) => name === named.name).length > 1) return [];
  return [`${label} ${selectionOf(schema, field.type, depth + 1, above)}`];
}

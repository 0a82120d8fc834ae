// What is wrong with a request's variables, by their paths. The executor's own words repeat the value, which may be an
// account number, or a megabyte.

import {
  coerceInputValue,
  GraphQLError,
  type GraphQLInputType,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isInputObjectType,
  isInputType,
  isListType,
  isNonNullType,
  type OperationDefinitionNode,
  typeFromAST,
} from "graphql";

const maxFaults = 10;

export function variableFaults(
  schema: GraphQLSchema,
  { variableDefinitions = [] }: OperationDefinitionNode,
  variables: Readonly<Record<string, unknown>>,
): GraphQLError[] {
  const faults: GraphQLError[] = [];
  const add = (message: string) => {
    if (faults.length < maxFaults) faults.push(new GraphQLError(message, { extensions: { code: "BAD_USER_INPUT" } }));
  };
  for (const { variable, type: typeNode, defaultValue } of variableDefinitions) {
    const name = variable.name.value;
    const type = typeFromAST(schema, typeNode);
    if (!type || !isInputType(type)) continue;
    if (!Object.hasOwn(variables, name) || variables[name] === undefined) {
      if (isNonNullType(type) && !defaultValue) add(`The variable ${name} is required, and was not given.`);
      continue;
    }
    coerceInputValue(variables[name], type, (path, value, error) => {
      add(sentenceOf([name, ...path], typeAt(type, path), value, error.message));
    });
  }
  return faults;
}

function sentenceOf(path: readonly (string | number)[], type: GraphQLInputType, value: unknown, word: string): string {
  const place = `The variable ${path.join(".")}`;
  if (value === null) return `${place} must not be null.`;
  const named = getNamedType(type);
  // Of an object these speak of the schema's own names only.
  const missing = /^Field "(\w+)" of required type/.exec(word)?.[1];
  if (missing !== undefined) return `${place} lacks ${missing}, which is required.`;
  if (isInputObjectType(named)) {
    if (/^Exactly one key must be specified|must be non-null/.test(word))
      return `${place} must have exactly one field.`;
    if (/is not defined by type/.test(word)) return `${place} has a field that ${named.name} does not have.`;
  }
  return `${place} is no valid ${named.name}.`;
}

function typeAt(type: GraphQLInputType, path: readonly (string | number)[]): GraphQLInputType {
  let at: GraphQLInputType = getNullableType(type) as GraphQLInputType;
  for (const step of path) {
    if (typeof step === "number") {
      if (isListType(at)) at = at.ofType as GraphQLInputType;
    } else if (isInputObjectType(at)) {
      const field = at.getFields()[step];
      if (!field) return at;
      at = field.type;
    }
    at = getNullableType(at) as GraphQLInputType;
  }
  return at;
}

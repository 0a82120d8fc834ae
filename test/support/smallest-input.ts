// For any field of the schema the smallest arguments that its types allow, so that a test can be made from the schema.

import {
  type GraphQLField,
  type GraphQLInputType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isRequiredInputField,
} from "graphql";
import { pngFile, type TestFile } from "./test-client.js";

export interface SmallestCall {
  query: string;
  variables: Record<string, unknown>;
  /** By their paths, for a multipart request. */
  files: Record<string, TestFile>;
}

const scalars: Record<string, unknown> = { String: "x", ID: "unknown", Int: 1, Boolean: true, Decimal: "1.00" };

/** `selection` is what to ask of the answer. */
export function smallestMutation(field: GraphQLField<unknown, unknown>, selection: string): SmallestCall {
  const files: Record<string, TestFile> = {};
  const smallest = (type: GraphQLInputType, path: string): unknown => {
    if (isNonNullType(type)) return smallest(type.ofType, path);
    if (isListType(type)) return [smallest(type.ofType, `${path}.0`)];
    if (isEnumType(type)) return type.getValues()[0]?.name;
    if (isInputObjectType(type)) {
      const members = Object.values(type.getFields());
      const given = type.isOneOf ? members.slice(0, 1) : members.filter(isRequiredInputField);
      return Object.fromEntries(given.map((member) => [member.name, smallest(member.type, `${path}.${member.name}`)]));
    }
    if (type.name === "Upload") {
      files[path] = pngFile();
      return null;
    }
    if (!(type.name in scalars)) throw new Error(`There is no smallest ${type.name} here yet.`);
    return scalars[type.name];
  };
  const variables = Object.fromEntries(field.args.map(({ name, type }) => [name, smallest(type, `variables.${name}`)]));
  const head = field.args.map(({ name, type }) => `$${name}: ${type}`).join(", ");
  const args = field.args.map(({ name }) => `${name}: $${name}`).join(", ");
  return { query: `mutation (${head}) { ${field.name}(${args}) { ${selection} } }`, variables, files };
}

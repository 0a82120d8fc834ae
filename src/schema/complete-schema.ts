import { type GraphQLSchema, isInterfaceType } from "graphql";
import { markOneOf } from "./one-of.js";
import { StatusChange, statusChangeTypeName } from "./status-change.type.js";

/** Adds what type-graphql cannot say: call it once on the schema that it built. */
export function completeSchema(schema: GraphQLSchema): GraphQLSchema {
  const statusChange = schema.getType(StatusChange.name);
  if (isInterfaceType(statusChange)) {
    // type-graphql answers with a promise, which a compiled query takes for the type's name.
    statusChange.resolveType = statusChangeTypeName;
  }
  return markOneOf(schema);
}

// The schema says of each field what it needs, in the words of the table by which it is checked.

import { type GraphQLSchema, isObjectType } from "graphql";
import { fieldNeeds, maskedFields } from "../access/field-scopes.js";

export function describeScopes(schema: GraphQLSchema): GraphQLSchema {
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type)) continue;
    for (const field of Object.values(type.getFields())) {
      const name = `${type.name}.${field.name}`;
      const need = fieldNeeds[name];
      if (need) field.description = `${field.description} Needs ${need.join(" or ")}.`;
      const mask = maskedFields[name];
      if (mask && !field.description?.includes(mask))
        field.description = `${field.description} In full only with ${mask}.`;
    }
  }
  return schema;
}

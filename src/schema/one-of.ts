import { type GraphQLSchema, isInputObjectType } from "graphql";
import { Extensions } from "type-graphql";
import { Faults } from "./faults.decorator.js";
import { isMissing } from "./presence.decorator.js";

/** Marks an input of which exactly one field is given: type-graphql itself has no word for it. */
export function OneOf(): ClassDecorator {
  return Extensions({ oneOf: true }) as ClassDecorator;
}

/** Makes the marked inputs @oneOf in the built schema. */
export function markOneOf(schema: GraphQLSchema): GraphQLSchema {
  for (const type of Object.values(schema.getTypeMap())) {
    if (isInputObjectType(type) && type.extensions.oneOf === true) {
      type.isOneOf = true;
    }
  }
  return schema;
}

/** The same once more on the value: a compiled executor coerces variables itself and does not know @oneOf. */
export function ExactlyOne(members: readonly string[]): PropertyDecorator {
  return Faults("exactlyOne", (value, _input, field) => {
    if (typeof value !== "object" || value === null) {
      return [];
    }
    const given = new Map<string, unknown>(Object.entries(value));
    const count = members.filter((member) => !isMissing(given.get(member))).length;
    return count === 1
      ? []
      : [
          {
            code: count === 0 ? "REQUIRED" : "INVALID",
            message: `${field} takes exactly one of ${members.join(", ")}.`,
          },
        ];
  });
}

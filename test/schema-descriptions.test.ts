import { buildSchema, type GraphQLSchema, isEnumType, isInputObjectType, isInterfaceType, isObjectType } from "graphql";
import { namedTypes, readPrintedSchema } from "./support/fixed-api.js";

const roots = new Set(["Query", "Mutation", "Subscription"]);

interface Described {
  description?: string | null;
}

function undescribed(schema: GraphQLSchema): string[] {
  const found: string[] = [];
  const look = (path: string, { description }: Described) => {
    if (!description?.trim()) found.push(path);
  };
  for (const type of namedTypes(schema)) {
    if (!roots.has(type.name)) look(type.name, type);
    if (isEnumType(type)) for (const value of type.getValues()) look(`${type.name}.${value.name}`, value);
    if (isInputObjectType(type) || isObjectType(type) || isInterfaceType(type)) {
      for (const field of Object.values(type.getFields())) {
        look(`${type.name}.${field.name}`, field);
        const args = "args" in field ? field.args : [];
        for (const arg of args) look(`${type.name}.${field.name}(${arg.name}:)`, arg);
      }
    }
  }
  return found;
}

test("every type, field, argument, enum value and input field has a description", () => {
  expect(undescribed(readPrintedSchema())).toEqual([]);
});

test("a missing description is found wherever it is missing", () => {
  const schema = buildSchema(`
    type Query { "An answer." a("An argument." b: Int, c: Int): E d: Int }
    enum E { "A value." V W }
    "An input." input I { f: Int }
  `);
  expect(undescribed(schema)).toEqual(["Query.a(c:)", "Query.d", "E", "E.W", "I.f"]);
});

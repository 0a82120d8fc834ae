import { readFileSync } from "node:fs";
import {
  buildSchema,
  type GraphQLArgument,
  type GraphQLInputField,
  type GraphQLNamedType,
  type GraphQLSchema,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isIntrospectionType,
  isNonNullType,
  isObjectType,
  isScalarType,
} from "graphql";

/** The fixed API's names with their types: our own copy, so that the check needs nothing beside the project. */
export function readFixedApi(): GraphQLSchema {
  return buildSchema(readFileSync(new URL("../fixtures/fixed-api.graphql", import.meta.url), "utf8"));
}

export function readPrintedSchema(): GraphQLSchema {
  return buildSchema(readFileSync(new URL("../../schema.graphql", import.meta.url), "utf8"));
}

export function namedTypes(schema: GraphQLSchema): GraphQLNamedType[] {
  const builtIn = new Set(["String", "Int", "Float", "Boolean", "ID"]);
  return Object.values(schema.getTypeMap()).filter((type) => !isIntrospectionType(type) && !builtIn.has(type.name));
}

function kindOf(type: GraphQLNamedType): string {
  if (isScalarType(type)) return "scalar";
  if (isEnumType(type)) return "enum";
  if (isInputObjectType(type)) return "input";
  return isInterfaceType(type) ? "interface" : "type";
}

type Input = GraphQLArgument | GraphQLInputField;

function inputSignature({ type, defaultValue }: Input): string {
  return defaultValue === undefined ? String(type) : `${type} = ${JSON.stringify(defaultValue)}`;
}

/** One line for each thing that a client can rely on, e.g. "Query.payouts(first:): Int = 20". */
export function promisesOf(type: GraphQLNamedType): string[] {
  const promises = [`${kindOf(type)} ${type.name}`];
  if (isEnumType(type)) {
    promises.push(...type.getValues().map(({ name }) => `${type.name}.${name}`));
  } else if (isInputObjectType(type)) {
    promises.push(...(type.isOneOf ? [`${type.name} @oneOf`] : []));
    promises.push(
      ...Object.values(type.getFields()).map((field) => `${type.name}.${field.name}: ${inputSignature(field)}`),
    );
  } else if (isObjectType(type) || isInterfaceType(type)) {
    promises.push(...type.getInterfaces().map(({ name }) => `${type.name} implements ${name}`));
    for (const field of Object.values(type.getFields())) {
      promises.push(`${type.name}.${field.name}: ${field.type}`);
      promises.push(...field.args.map((arg) => `${type.name}.${field.name}(${arg.name}:): ${inputSignature(arg)}`));
    }
  }
  return promises;
}

/** What a client of the fixed API would have to send besides: a required argument or input field that is not in it. */
function demandsOf(type: GraphQLNamedType): string[] {
  const isDemanded = ({ type: inputType, defaultValue }: Input) =>
    isNonNullType(inputType) && defaultValue === undefined;
  if (isInputObjectType(type)) {
    const fields = Object.values(type.getFields()).filter(isDemanded);
    return fields.map(({ name }) => `${type.name}.${name}`);
  }
  if (isObjectType(type) || isInterfaceType(type)) {
    return Object.values(type.getFields()).flatMap((field) =>
      field.args.filter(isDemanded).map(({ name }) => `${type.name}.${field.name}(${name}:)`),
    );
  }
  return [];
}

/** Where a schema does not cover the fixed API. Empty where every client written against it goes on working. */
export function gapsTo(fixed: GraphQLSchema, schema: GraphQLSchema): string[] {
  const kept = new Set(namedTypes(schema).flatMap(promisesOf));
  const broken = namedTypes(fixed)
    .flatMap(promisesOf)
    .filter((promise) => !kept.has(promise));
  const known = new Set(namedTypes(fixed).flatMap(demandsOf));
  const fixedNames = new Set(namedTypes(fixed).map(({ name }) => name));
  const demanded = namedTypes(schema)
    .filter(({ name }) => fixedNames.has(name))
    .flatMap(demandsOf)
    .filter((demand) => !known.has(demand));
  const demandedAnew = demanded.filter((demand) => isDemandOnKnownField(fixed, demand));
  return [...broken, ...demandedAnew.map((demand) => `newly required: ${demand}`)];
}

/** A required argument of a field that the fixed API does not have hurts nobody. */
function isDemandOnKnownField(fixed: GraphQLSchema, demand: string): boolean {
  const [typeName = "", rest = ""] = demand.split(".");
  const [fieldName = "", argument] = rest.split("(");
  const type = fixed.getType(typeName);
  return argument === undefined || ((isObjectType(type) || isInterfaceType(type)) && fieldName in type.getFields());
}

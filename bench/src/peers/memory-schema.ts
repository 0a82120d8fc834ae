// The gateway's own schema over what lies in memory, for the peers that are measured without a database.

import { readFileSync } from "node:fs";
import { buildSchema, type GraphQLFieldResolver, type GraphQLObjectType, type GraphQLSchema } from "graphql";
import { customers, customersById, payoutsByCustomerId, payoutsById } from "../sample/memory.js";
import type { SampleCustomer, SamplePayout } from "../sample/sample-data.js";

const printed = new URL("../../../schema.graphql", import.meta.url);

export function memorySchema(): GraphQLSchema {
  const schema = buildSchema(readFileSync(printed, "utf8"));
  resolve<unknown, { first: number }>(schema, "Query", "customers", (_, { first }) => ({
    nodes: customers.slice(0, first),
  }));
  resolve<unknown, { id: string }>(schema, "Query", "customer", (_, { id }) => customersById.get(id) ?? null);
  resolve<unknown, { id: string }>(schema, "Query", "payout", (_, { id }) => payoutsById.get(id) ?? null);
  resolve<SampleCustomer, { first: number }>(schema, "Customer", "payouts", ({ id }, { first }) => ({
    nodes: payoutsByCustomerId.get(id)?.slice(0, first) ?? [],
  }));
  resolve<SamplePayout, object>(schema, "Payout", "customer", ({ customerId }) => customersById.get(customerId));
  return schema;
}

function resolve<Parent, Args>(
  schema: GraphQLSchema,
  type: string,
  field: string,
  resolver: (parent: Parent, args: Args) => unknown,
): void {
  const found = (schema.getType(type) as GraphQLObjectType).getFields()[field];
  if (!found) throw new Error(`The schema has no ${type}.${field}.`);
  found.resolve = resolver as GraphQLFieldResolver<unknown, unknown>;
}

import type { GraphQLSchema } from "graphql";
import { buildSchema, type PubSub } from "type-graphql";
import { completeSchema } from "../schema/complete-schema.js";
import { AuditResolver } from "./audit.resolver.js";
import { auditMutations } from "./audit-mutations.js";
import { CustomerConnectionResolver, CustomerResolver } from "./customer.resolver.js";
import { describeScopes } from "./describe-scopes.js";
import { DocumentResolver } from "./document.resolver.js";
import { OperatorStatusResolver } from "./operator-status.resolver.js";
import { PayoutConnectionResolver, PayoutResolver } from "./payout.resolver.js";
import { PayoutStatisticsResolver } from "./payout-statistics.resolver.js";
import { ReferenceDataResolver } from "./reference-data.resolver.js";
import {
  CustomerStatusChangeResolver,
  DocumentStatusChangeResolver,
  PayoutStatusChangeResolver,
  StatusLogResolver,
} from "./status-change.resolver.js";
import { StatusChangeSubscription } from "./status-change.subscription.js";
import { WebhookEventResolver } from "./webhook-event.resolver.js";

// type-graphql wants a hub as soon as there are subscriptions. Ours read the log: an event that went through a hub could
// be lost there, or pile up.
const noHub: PubSub = {
  publish: () => {
    throw new Error("Changes are published by writing them to the log.");
  },
  subscribe: () => {
    throw new Error("Subscriptions read the log.");
  },
};

/** The public API as one executable schema. */
export async function buildGatewaySchema(): Promise<GraphQLSchema> {
  const schema = await buildSchema({
    resolvers: [
      CustomerResolver,
      CustomerConnectionResolver,
      DocumentResolver,
      PayoutResolver,
      PayoutConnectionResolver,
      PayoutStatisticsResolver,
      ReferenceDataResolver,
      StatusLogResolver,
      CustomerStatusChangeResolver,
      PayoutStatusChangeResolver,
      DocumentStatusChangeResolver,
      StatusChangeSubscription,
      WebhookEventResolver,
      AuditResolver,
      OperatorStatusResolver,
    ],
    // Inputs are checked by `validateInput`, which tells all faults at once and where the client expects them.
    validate: false,
    // It would have the schema introspect itself at each start. What it is, is printed and compared by a test.
    skipCheck: true,
    pubSub: noHub,
  });
  return describeScopes(auditMutations(completeSchema(schema)));
}

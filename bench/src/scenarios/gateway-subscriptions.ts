// How subscribers of the gateway introduce themselves and what they ask for.

import type { MeasuredGateway } from "../gateway/measured-gateway.js";
import type { SubscriberPlan } from "../load/subscriber-plan.js";
import { askGateway } from "./ask-gateway.js";

const query = `subscription ($customerId: ID, $after: Cursor) {
  statusChanged(customerId: $customerId, after: $after) {
    cursor source occurredAt
    ... on PayoutStatusChange { from to payout { id amount { amount currency } } }
  }
}`;

export async function followEverything(gateway: MeasuredGateway, count: number): Promise<SubscriberPlan> {
  return follow(gateway, count, [null]);
}

/** Each follows one of the customers. */
export async function follow(
  gateway: MeasuredGateway,
  count: number,
  customerIds: readonly (string | null)[],
): Promise<SubscriberPlan> {
  const { url, partner } = gateway;
  // From the log's present end on: whatever comes from now on is for all of them, however long they take to subscribe.
  const { statusCursor: after } = await askGateway<{ statusCursor: string }>(gateway, "{ statusCursor }");
  return {
    url: `${url.replace("http", "ws")}/graphql`,
    protocol: "graphql-transport-ws",
    count,
    init: JSON.stringify({ type: "connection_init", payload: partner.connectionParams }),
    subscriptions: customerIds.map((customerId) =>
      JSON.stringify({ id: "1", type: "subscribe", payload: { query, variables: { customerId, after } } }),
    ),
  };
}

// How subscribers of the gateway introduce themselves and what they ask for.

import type { GatewayProcess } from "../gateway/gateway-process.js";
import { clientHeaders, connectionParams } from "../gateway/gateway-settings.js";
import type { SubscriberPlan } from "../load/subscriber-plan.js";

const query = `subscription ($customerId: ID, $after: Cursor) {
  statusChanged(customerId: $customerId, after: $after) {
    cursor source occurredAt
    ... on PayoutStatusChange { from to payout { id amount { amount currency } } }
  }
}`;

export async function followEverything(gateway: GatewayProcess, count: number): Promise<SubscriberPlan> {
  return follow(gateway, count, [null]);
}

/** Each follows one of the customers. */
export async function follow(
  { url }: GatewayProcess,
  count: number,
  customerIds: readonly (string | null)[],
): Promise<SubscriberPlan> {
  // From the log's present end on: whatever comes from now on is for all of them, however long they take to subscribe.
  const after = await statusCursor(url);
  return {
    url: `${url.replace("http", "ws")}/graphql`,
    protocol: "graphql-transport-ws",
    count,
    init: JSON.stringify({ type: "connection_init", payload: connectionParams }),
    subscriptions: customerIds.map((customerId) =>
      JSON.stringify({ id: "1", type: "subscribe", payload: { query, variables: { customerId, after } } }),
    ),
  };
}

async function statusCursor(url: string): Promise<string> {
  const response = await fetch(`${url}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json", ...clientHeaders },
    body: JSON.stringify({ query: "{ statusCursor }" }),
  });
  const { data } = (await response.json()) as { data: { statusCursor: string } };
  return data.statusCursor;
}

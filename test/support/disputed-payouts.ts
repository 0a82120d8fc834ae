// Payouts that only an operator can settle, and what an operator does about them.

import { deliver } from "./signed-webhooks.js";
import { startTestGateway, type TestGateway, type TestGatewayOptions } from "./start-test-gateway.js";
import { type TestClient, unique } from "./test-client.js";

/** No payout moves by itself, and an account that does not return references: no look-up finds a payout by ours. */
export function startDisputedGateway({ config, sandbox, patience }: TestGatewayOptions = {}): Promise<TestGateway> {
  return startTestGateway({
    config: { providerTimeoutMs: 1_000, ...config },
    sandbox: { payoutStepDelayMs: 3_600_000, keepsMerchantReference: false, ...sandbox },
    patience: { absenceGapMs: 60_000, ...patience },
  });
}

const fields = `id status transactionId failureReason
  amount { amount currency } recipient { accountName accountNumber amount { amount currency } }
  mismatch { fields message transactionId source reportedAt }`;

// biome-ignore-start lint/suspicious/noExplicitAny: the tests know what they asked for
export async function resolvePayout(client: TestClient, input: Record<string, unknown>): Promise<any> {
  const { resolvePayout: payload } = await client.run(
    `mutation ($input: ResolvePayoutInput!) {
      resolvePayout(input: $input) { payout { ${fields} } userErrors { field code message } }
    }`,
    { input: { reason: "Seen in the provider's dashboard.", ...input } },
  );
  return payload;
}

export async function readPayout(client: TestClient, id: string): Promise<any> {
  return (await client.run(`query ($id: ID!) { payout(id: $id) { ${fields} } }`, { id })).payout;
}
// biome-ignore-end lint/suspicious/noExplicitAny: the tests know what they asked for

/** A payout whose response is lost, and that no look-up finds. */
export async function unconfirmedPayout(
  { client, provider }: Pick<TestGateway, "client" | "provider">,
  when: "before" | "after",
  input: Record<string, unknown> = {},
) {
  const customerId = (input.customerId as string) ?? (await client.verifiedCustomer()).id;
  provider.failNext({ route: "POST /payout", kind: "reset", when });
  const { payout } = await client.createPayout({ note: "test-webhook-lost", ...input, customerId });
  expect(payout.status).toBe("UNCONFIRMED");
  return { ...payout, customerId };
}

export function bookedUnder({ provider }: Pick<TestGateway, "provider">, reference: string) {
  return provider.transactions().find(({ merchantReference }) => merchantReference === reference);
}

export async function clearFaults({ provider }: Pick<TestGateway, "provider">): Promise<void> {
  expect((await fetch(`${provider.url}/_sandbox/faults`, { method: "DELETE" })).status).toBe(200);
}

/** Delivers a signed webhook about a payout. */
export async function report(
  { gateway, provider }: TestGateway,
  about: { transactionId: string; merchantReference?: string },
  status: string,
  body: Record<string, unknown> = {},
): Promise<void> {
  const event = {
    type: "payout",
    event_id: unique("event"),
    transaction_id: about.transactionId,
    transaction_status: status,
    ...(about.merchantReference ? { merchant_reference: about.merchantReference } : {}),
    ...body,
  };
  expect(await deliver({ gateway, secret: provider.signingSecret }, event)).toMatchObject({ status: 200 });
}

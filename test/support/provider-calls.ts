// What happens at the simulated provider without the gateway: calls with its key, and the hand that moves things along.

import type { Sandbox } from "../../src/sandbox/sandbox.js";

type Provider = Pick<Sandbox, "url" | "apiKey">;

/** One call of the provider's own API; the answer is parsed with floats. */
export async function callProvider<T>(provider: Provider, method: string, path: string, body?: object): Promise<T> {
  const response = await fetch(`${provider.url}/api/external${path}`, {
    method,
    headers: { "x-blaaiz-api-key": provider.apiKey, "content-type": "application/json" },
    body: body ? JSON.stringify(body) : null,
  });
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
  return (await response.json()) as T;
}

/** Moves a customer to a status, with the webhook that goes with it. */
export function moveCustomer(provider: Provider, id: string, status: string): Promise<void> {
  return move(provider, `customers/${id}`, status);
}

/** Moves a payout to a status, with the webhook that goes with it. */
export function movePayout(provider: Provider, transactionId: string, status: string): Promise<void> {
  return move(provider, `transactions/${transactionId}`, status);
}

async function move(provider: Provider, subject: string, status: string): Promise<void> {
  const response = await fetch(`${provider.url}/_sandbox/${subject}/status`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ status }),
  });
  if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
}

/** A customer that the gateway has never heard of. */
export async function createCustomerAtProvider(
  provider: Provider,
  fields: Record<string, string> = {},
): Promise<string> {
  const body = {
    type: "individual",
    first_name: "Ada",
    last_name: "Obi",
    email: "ada@example.com",
    country: "NG",
    id_type: "passport",
    id_number: "A12345678",
    ...fields,
  };
  const { data } = await callProvider<{ data: { id: string } }>(provider, "POST", "/customer", body);
  return data.id;
}

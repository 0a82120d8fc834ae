// Customers at the simulated provider, made by its own REST API behind the gateway's back.

import type { MeasuredGateway } from "../gateway/measured-gateway.js";

let made = 0;

export async function createProviderCustomers({ providerAccount }: MeasuredGateway, count: number): Promise<string[]> {
  const ids: string[] = [];
  for (let number = 0; number < count; number += 1) {
    made += 1;
    const customer = {
      type: "individual",
      first_name: "Ada",
      last_name: "Obi",
      email: `ada.${made}@example.com`,
      country: "NG",
      id_type: "passport",
      id_number: `A${String(made).padStart(8, "0")}`,
    };
    const response = await fetch(`${providerAccount.url}/api/external/customer`, {
      method: "POST",
      headers: { "content-type": "application/json", "x-blaaiz-api-key": providerAccount.apiKey },
      body: JSON.stringify(customer),
    });
    if (!response.ok) throw new Error(`The provider answers ${response.status}: ${await response.text()}`);
    const { data } = (await response.json()) as { data: { id: string } };
    ids.push(data.id);
  }
  return ids;
}

/** Lets the simulated provider change a customer's status, and tell it by webhook. */
export async function moveCustomer(providerUrl: string, id: string, status: string): Promise<void> {
  const response = await fetch(`${providerUrl}/_sandbox/customers/${id}/status`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ status }),
  });
  if (!response.ok) throw new Error(`The sandbox answered ${response.status}.`);
}

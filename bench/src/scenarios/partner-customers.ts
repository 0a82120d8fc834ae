// Customers that the partner makes through the gateway, as it would.

import { setTimeout as sleep } from "node:timers/promises";
import type { MeasuredGateway } from "../gateway/measured-gateway.js";
import { askGateway } from "./ask-gateway.js";

const askEveryMs = 20;
const mutation = `mutation ($input: CreateCustomerInput!) {
  createCustomer(input: $input) { customer { id } userErrors { field code message } }
}`;

/** `tag` goes into the e-mail address and tells the simulated provider what is to become of the customer. */
export async function createPartnerCustomers(gateway: MeasuredGateway, count: number, tag = ""): Promise<string[]> {
  const ids: string[] = [];
  for (let number = 0; number < count; number += 1) {
    const input = {
      type: "INDIVIDUAL",
      firstName: "Ada",
      lastName: "Obi",
      email: `ada.${number}${tag}@example.com`,
      country: "NG",
      idType: "PASSPORT",
      idNumber: `A${String(number).padStart(8, "0")}`,
    };
    const { createCustomer } = await askGateway<{ createCustomer: { customer: { id: string } } }>(gateway, mutation, {
      input,
    });
    ids.push(createCustomer.customer.id);
  }
  return ids;
}

/** Waits until the provider has verified each. */
export async function untilVerified(gateway: MeasuredGateway, ids: readonly string[]): Promise<void> {
  const query = "query ($id: ID!) { customer(id: $id) { status } }";
  const isVerified = async (id: string) =>
    (await askGateway<{ customer: { status: string } }>(gateway, query, { id })).customer.status === "VERIFIED";
  for (const id of ids) {
    while (!(await isVerified(id))) await sleep(askEveryMs);
  }
}

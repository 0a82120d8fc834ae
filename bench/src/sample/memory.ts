// What a peer answers from when it needs no one else: everything ready in memory, newest first.

import { readingCustomers, readingPayouts } from "./queries.js";
import { type SampleCustomer, type SamplePayout, sampleCustomer, samplePayout } from "./sample-data.js";

const newestFirst = <T>(count: number, make: (number: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => make(count - 1 - index));

export const customers: SampleCustomer[] = newestFirst(readingCustomers, sampleCustomer);
export const customersById = new Map(customers.map((customer) => [customer.id, customer]));

const payouts = newestFirst(readingPayouts, (number) => samplePayout(number, readingCustomers));
export const payoutsById = new Map(payouts.map((payout) => [payout.id, payout]));

export const payoutsByCustomerId = new Map<string, SamplePayout[]>(customers.map(({ id }) => [id, []]));
for (const payout of payouts) payoutsByCustomerId.get(payout.customerId)?.push(payout);

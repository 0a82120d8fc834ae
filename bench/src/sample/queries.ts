// What is asked in the reading scenarios, of every server in the same words.

import { sampleCustomer, samplePayout } from "./sample-data.js";

export type QueryName = "customers" | "customer" | "payout";

export interface GraphqlRequest {
  query: string;
  variables: Record<string, unknown>;
}

/** What the servers hold in the reading scenarios. */
export const readingCustomers = 100;
export const readingPayouts = 500;

const documents: Record<QueryName, string> = {
  customers: `query Customers {
  customers(first: 20) {
    nodes {
      id type name email country status createdAt
      payouts(first: 5) { nodes { id status reference amount { amount currency } } }
    }
  }
}`,
  customer: `query Customer($id: ID!) {
  customer(id: $id) { id type name firstName lastName email country status createdAt updatedAt }
}`,
  payout: `query Payout($id: ID!) {
  payout(id: $id) {
    id transactionId reference method status note createdAt
    amount { amount currency }
    fee { amount currency }
    recipient { accountName bankName amount { amount currency } }
    customer { id name status }
  }
}`,
};

export const queryNames = Object.keys(documents) as QueryName[];

/** A quick run does without one of the two that ask by id. */
export function askedIn({ isQuick }: { isQuick: boolean }): QueryName[] {
  return queryNames.filter((name) => !isQuick || name !== "payout");
}

/** One for each object that is asked for by id: the callers do not all want the same. */
export function requestsOf(name: QueryName): GraphqlRequest[] {
  const query = documents[name];
  if (name === "customers") return [{ query, variables: {} }];
  return Array.from({ length: readingCustomers }, (_, number) => requestFor(name, number, readingCustomers));
}

/** For one object, by its number. */
export function requestFor(name: QueryName, number: number, customers: number): GraphqlRequest {
  const id = name === "customer" ? sampleCustomer(number).id : samplePayout(number, customers).id;
  return { query: documents[name], variables: { id } };
}

/** The same question in words that no server has met before. */
export function unseenRequest(name: QueryName, mark: string): GraphqlRequest {
  const [request] = requestsOf(name) as [GraphqlRequest];
  const alias = name === "customers" ? "customers(first" : `${name}(id`;
  const query = request.query
    .replace(/^query (\w+)/, (_, operation: string) => `query ${operation}_${mark}`)
    .replace(`  ${alias}`, `  _${mark}: ${alias}`);
  return { ...request, query };
}

/** The same question in the same words, with a value of its own beside it: what was answered before does not fit. */
export function unansweredRequest(name: QueryName, mark: string): GraphqlRequest {
  const [request] = requestsOf(name) as [GraphqlRequest];
  return { ...request, variables: { ...request.variables, mark } };
}

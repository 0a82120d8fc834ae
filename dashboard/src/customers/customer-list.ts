import { client } from "../api/client";
import { type CustomerFilter, type CustomerRowFragment, CustomersDocument } from "../generated/operations";
import { LiveList } from "../live/live-list";

export function createCustomerList(filter: CustomerFilter): LiveList<CustomerRowFragment> {
  const read = async (first: number, after: string | null) => {
    const variables = { first, after, filter };
    const { data, error } = await client
      .query(CustomersDocument, variables, { requestPolicy: "network-only" })
      .toPromise();
    if (!data) throw error ?? new Error("There was no answer.");
    return data.customers;
  };
  return new LiveList({
    fetchPage: async (after) => {
      const { nodes, pageInfo, totalCount } = await read(100, after);
      return { nodes, totalCount, hasNextPage: pageInfo.hasNextPage, endCursor: pageInfo.endCursor };
    },
    fetchCount: async () => (await read(1, null)).totalCount,
    rowOf: (change) => (change.__typename === "CustomerStatusChange" ? change.customer : null),
    fits: (row) => fitsFilter(row, filter),
  });
}

function fitsFilter({ status, name, email }: CustomerRowFragment, filter: CustomerFilter): boolean {
  if (filter.status && !filter.status.includes(status)) return false;
  if (!filter.search) return true;
  const text = filter.search.toLowerCase();
  return name.toLowerCase().includes(text) || email.toLowerCase().includes(text);
}

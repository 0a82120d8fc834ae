import { client } from "../api/client";
import { type PayoutFilter, type PayoutRowFragment, PayoutsDocument } from "../generated/operations";
import { LiveList } from "../live/live-list";
import { fitsFilter } from "./payout-search";

export function createPayoutList(filter: PayoutFilter): LiveList<PayoutRowFragment> {
  const read = async (first: number, after: string | null) => {
    const variables = { first, after, filter };
    const { data, error } = await client
      .query(PayoutsDocument, variables, { requestPolicy: "network-only" })
      .toPromise();
    if (!data) throw error ?? new Error("There was no answer.");
    return data.payouts;
  };
  return new LiveList({
    fetchPage: async (after) => {
      const { nodes, pageInfo, totalCount } = await read(100, after);
      return { nodes, totalCount, hasNextPage: pageInfo.hasNextPage, endCursor: pageInfo.endCursor };
    },
    fetchCount: async () => (await read(1, null)).totalCount,
    rowOf: (change) => (change.__typename === "PayoutStatusChange" ? change.payout : null),
    fits: (row) => fitsFilter(row, filter),
  });
}

import { useMemo } from "react";
import { Link, useLocation, useSearch } from "wouter";
import { LiveTable } from "../ui/live-table";
import { payoutColumns, payoutName } from "./payout-columns";
import { PayoutFilters } from "./payout-filters";
import { createPayoutList } from "./payout-list";
import { type PayoutSearch, readSearch, spanStart, toFilter, writeSearch } from "./payout-search";
import { PayoutSummary } from "./payout-summary";

export function PayoutsView() {
  const query = useSearch();
  const [, navigate] = useLocation();
  const search = useMemo(() => readSearch(query), [query]);
  const createdFrom = useMemo(() => spanStart(search.days), [search.days]);
  const list = useMemo(() => createPayoutList(toFilter(search, createdFrom)), [search, createdFrom]);
  const change = (part: Partial<PayoutSearch>) => {
    navigate(`/payouts${writeSearch({ ...search, ...part })}`, { replace: true });
  };
  return (
    <>
      <header className="view-head">
        <h1>Payouts</h1>
        <Link href="/pay" className="button button-primary">
          Pay someone
        </Link>
      </header>
      <PayoutSummary search={search} createdFrom={createdFrom} onChange={change} />
      <PayoutFilters search={search} onChange={change} />
      <LiveTable
        list={list}
        name="payouts"
        label="Payouts"
        columns={payoutColumns}
        linkTo={({ id }) => `/payouts/${id}`}
        nameOf={payoutName}
        empty={<p>No payout of this time fits. A new one appears here by itself.</p>}
      />
    </>
  );
}

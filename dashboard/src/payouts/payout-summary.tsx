import { useMemo, useState } from "react";
import { useQuery } from "urql";
import { DurationChart } from "../charts/duration-chart";
import { OutcomeChart } from "../charts/outcome-chart";
import { formatCount, formatMoney } from "../format/money";
import { payoutStatuses, statusWords } from "../format/words";
import { PayoutStatisticsDocument, type PayoutStatisticsQuery } from "../generated/operations";
import { useAfterChanges } from "../live/use-stream";
import { Panel } from "../ui/panel";
import { Failure, Loading } from "../ui/states";
import { useMedia } from "../ui/use-media";
import { barsOf, daySpans, type PayoutSearch } from "./payout-search";

interface PayoutSummaryProps {
  search: PayoutSearch;
  createdFrom: string;
  onChange(part: Partial<PayoutSearch>): void;
}

type Total = PayoutStatisticsQuery["payoutStatistics"]["totals"][number];

const refreshEveryMs = 2_000;

/** One minute ahead: what is recorded before the next reading belongs to the last bar. */
function spanEnd(): string {
  return new Date(Math.ceil(Date.now() / 60_000 + 1) * 60_000).toISOString();
}

export function PayoutSummary({ search, createdFrom, onChange }: PayoutSummaryProps) {
  const bars = barsOf[search.days];
  // On a phone the payouts come first.
  const isNarrow = useMedia("(max-width: 720px)");
  const [createdTo, setCreatedTo] = useState(spanEnd);
  const variables = useMemo(() => ({ createdFrom, createdTo, periods: bars }), [createdFrom, createdTo, bars]);
  const [{ data, error }, refresh] = useQuery({ query: PayoutStatisticsDocument, variables });
  useAfterChanges(
    ({ __typename }) => __typename === "PayoutStatusChange",
    () => {
      setCreatedTo(spanEnd());
      refresh({ requestPolicy: "network-only" });
    },
    refreshEveryMs,
  );
  if (!data) return error ? <Failure message={error.message} onRetry={refresh} /> : <Loading what="totals" />;
  const { totals, periods, durations } = data.payoutStatistics;
  const charts = (
    <div className="charts">
      <Panel title="Payouts over time, by outcome">
        <OutcomeChart from={createdFrom} to={createdTo} bars={bars} periods={periods} />
      </Panel>
      <Panel title="Time to the final status">
        <DurationChart durations={durations} />
      </Panel>
    </div>
  );
  return (
    <>
      <ul className="totals" aria-label={`Totals of the last ${daySpans[search.days]}`}>
        {payoutStatuses.map((status) => (
          <TotalTile
            key={status}
            name={statusWords[status]}
            tone={status.toLowerCase()}
            totals={totals.filter((total) => total.status === status)}
            isChosen={search.status.length === 1 && search.status[0] === status}
            onChoose={(isChosen) => onChange({ status: isChosen ? [status] : [] })}
          />
        ))}
      </ul>
      {isNarrow ? (
        <details className="charts-fold">
          <summary>Charts</summary>
          {charts}
        </details>
      ) : (
        charts
      )}
    </>
  );
}

interface TotalTileProps {
  name: string;
  tone: string;
  totals: readonly Total[];
  isChosen: boolean;
  onChoose(isChosen: boolean): void;
}

function TotalTile({ name, tone, totals, isChosen, onChoose }: TotalTileProps) {
  const count = totals.reduce((sum, total) => sum + total.count, 0);
  return (
    <li>
      <button
        type="button"
        className={`total total-${tone}`}
        aria-pressed={isChosen}
        onClick={() => onChoose(!isChosen)}
      >
        <span className="total-name">{name}</span>
        <span className="total-count">{formatCount(count)}</span>
        {totals.map(({ amount }) =>
          amount ? (
            <span key={amount.currency} className="total-sum">
              {formatMoney(amount)}
            </span>
          ) : null,
        )}
      </button>
    </li>
  );
}

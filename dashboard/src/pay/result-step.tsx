import { Button } from "react-aria-components";
import { useQuery } from "urql";
import { Link } from "wouter";
import { formatMoney } from "../format/money";
import { payoutMeanings, statusWords } from "../format/words";
import { PayoutDocument } from "../generated/operations";
import { useAfterChanges } from "../live/use-stream";
import { Panel } from "../ui/panel";
import { Failure, Loading } from "../ui/states";
import { StatusPill } from "../ui/status-pill";
import { Timeline, type TimelineEntry } from "../ui/timeline";
import type { StepProps } from "./pay-view";

export function ResultStep({ state, onChange }: StepProps) {
  const id = state.payoutId ?? "";
  const [{ data, error }, refresh] = useQuery({ query: PayoutDocument, variables: { id } });
  const readAgain = () => refresh({ requestPolicy: "network-only" });
  useAfterChanges((change) => change.__typename === "PayoutStatusChange" && change.payout.id === id, readAgain);
  const payout = data?.payout;
  if (!payout) return error ? <Failure message={error.message} onRetry={readAgain} /> : <Loading what="the payout" />;
  const isOver = payout.status === "SUCCESSFUL" || payout.status === "FAILED";
  const entries = payout.statusChanges.filter((change): change is TimelineEntry & typeof change => "to" in change);
  return (
    <Panel
      title={payout.amount ? formatMoney(payout.amount) : "The payout"}
      aside={<StatusPill status={payout.status} />}
    >
      <p className={`meaning meaning-${payout.status.toLowerCase()}`} role="status">
        <strong>{statusWords[payout.status]}.</strong> {payoutMeanings[payout.status]}
        {payout.failureReason && ` The provider says: ${payout.failureReason}`}
      </p>
      <Timeline label="Status changes, the newest first" entries={entries} />
      <div className="form-end">
        <Link href={`/payouts/${payout.id}`} className="button">
          See the payout
        </Link>
        {isOver && (
          <Button
            className="button button-primary"
            onPress={() => onChange({ step: "payment", payment: {}, attempt: null, payoutId: null })}
          >
            Pay this customer again
          </Button>
        )}
      </div>
    </Panel>
  );
}

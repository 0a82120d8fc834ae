import { useEffect } from "react";
import { useQuery } from "urql";
import { Link } from "wouter";
import { formatCount, formatMoney } from "../format/money";
import { OperatorStatusDocument, type OperatorStatusQuery } from "../generated/operations";
import { stream, useAfterChanges } from "../live/use-stream";
import { Age } from "../payouts/payout-columns";
import { Panel } from "../ui/panel";
import { Empty, Failure, Loading } from "../ui/states";
import { BudgetPanel } from "./budget-panel";
import { ConnectionPanel } from "./connection-panel";
import { MismatchedPanel } from "./mismatched-panel";
import { ParkedPanel } from "./parked-panel";

const readEveryMs = 5_000;

const foundWords: Record<string, string> = {
  moved: "news that no webhook had brought",
  unmoved: "nothing new",
  missing: "not found at the provider",
  failed: "look-up failed",
};

export function OperatorView() {
  const [{ data, error }, refresh] = useQuery({ query: OperatorStatusDocument });
  const readAgain = () => refresh({ requestPolicy: "network-only" });
  useAfterChanges(() => true, readAgain, readEveryMs);
  // The budget moves without any status changing.
  useEffect(() => {
    const timer = setInterval(() => {
      if (document.visibilityState === "visible" && stream.state().connection.phase === "live")
        refresh({ requestPolicy: "network-only" });
    }, readEveryMs);
    return () => clearInterval(timer);
  }, [refresh]);
  const isForbidden = error?.graphQLErrors.some(({ extensions }) => extensions?.code === "FORBIDDEN");
  return (
    <>
      <header className="view-head">
        <h1>Operator</h1>
      </header>
      <ConnectionPanel />
      {data ? (
        <OperatorPanels status={data} onChanged={readAgain} />
      ) : isForbidden ? (
        <Empty title="The rest is for operators only.">
          <p>Your credential has not the scope for it.</p>
        </Empty>
      ) : error ? (
        <Failure message={error.message} onRetry={readAgain} />
      ) : (
        <Loading what="the operator's status" />
      )}
    </>
  );
}

function OperatorPanels({ status, onChanged }: { status: OperatorStatusQuery; onChanged(): void }) {
  const { operatorStatus, parkedWebhookEvents, payouts, mismatched } = status;
  return (
    <>
      <div className="columns">
        <BudgetPanel budget={operatorStatus.budget} />
        <Panel title="Reconciliation since this node started">
          {operatorStatus.reconciliation.length === 0 ? (
            <p className="muted">Nothing had to be looked up.</p>
          ) : (
            <dl className="facts">
              {operatorStatus.reconciliation.map(({ kind, found, count }) => (
                <div key={`${kind} ${found}`}>
                  <dt>
                    {kind}: {foundWords[found] ?? found}
                  </dt>
                  <dd>{formatCount(count)}</dd>
                </div>
              ))}
            </dl>
          )}
        </Panel>
      </div>
      <Panel
        title="Unconfirmed payouts"
        aside={<span className="count">{formatCount(operatorStatus.unconfirmedPayouts)}</span>}
      >
        {payouts.nodes.length === 0 ? (
          <p className="muted">Every payout's outcome is known.</p>
        ) : (
          <>
            <p className="muted">Their answers were lost. They are looked up by reference and never paid twice.</p>
            <ul className="lines">
              {payouts.nodes.map(({ id, customer, amount, createdAt }) => (
                <li key={id}>
                  <Link href={`/payouts/${id}`}>
                    {customer.name}
                    {amount ? `, ${formatMoney(amount)}` : ""}
                  </Link>
                  <Age at={createdAt} />
                </li>
              ))}
            </ul>
          </>
        )}
      </Panel>
      <MismatchedPanel payouts={mismatched.nodes} total={operatorStatus.mismatchedPayouts} />
      <ParkedPanel events={parkedWebhookEvents} total={operatorStatus.parkedWebhookEvents} onRetried={onChanged} />
    </>
  );
}

import { Link } from "wouter";
import { formatCount, formatMoney } from "../format/money";
import type { OperatorStatusQuery } from "../generated/operations";
import { Age } from "../payouts/payout-columns";
import { Panel } from "../ui/panel";

interface MismatchedPanelProps {
  payouts: OperatorStatusQuery["mismatched"]["nodes"];
  total: number;
}

export function MismatchedPanel({ payouts, total }: MismatchedPanelProps) {
  return (
    <Panel title="Payouts with a mismatch" aside={<span className="count">{formatCount(total)}</span>}>
      {payouts.length === 0 ? (
        <p className="muted">No report contradicts an order.</p>
      ) : (
        <>
          <p className="muted">
            The provider reported something else than was ordered. Nothing of it was taken over. Resolve each one with{" "}
            <code>payouts resolve</code> or the mutation <code>resolvePayout</code>.
          </p>
          <ul className="lines">
            {payouts.map(({ id, customer, amount, createdAt, mismatch }) => (
              <li key={id}>
                <span>
                  <Link href={`/payouts/${id}`}>
                    {customer.name}
                    {amount ? `, ${formatMoney(amount)}` : ""}
                  </Link>{" "}
                  <span className="muted">{mismatch?.message}</span>
                </span>
                <Age at={createdAt} />
              </li>
            ))}
          </ul>
        </>
      )}
    </Panel>
  );
}

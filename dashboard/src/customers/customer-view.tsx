import { useQuery } from "urql";
import { Link } from "wouter";
import { formatInstant } from "../format/time";
import { CustomerDocument, type CustomerQuery, type CustomerStatus } from "../generated/operations";
import { useAfterChanges } from "../live/use-stream";
import { payoutColumns, payoutName } from "../payouts/payout-columns";
import { Facts } from "../ui/facts";
import { Panel } from "../ui/panel";
import { Empty, Failure, Loading } from "../ui/states";
import { StatusPill } from "../ui/status-pill";
import { Timeline, type TimelineEntry } from "../ui/timeline";
import { concerns } from "./concerns";
import { DocumentList } from "./document-list";

type Details = NonNullable<CustomerQuery["customer"]>;

const meanings: Record<CustomerStatus, string> = {
  PENDING: "No documents are under review yet. The identity document starts it.",
  PROCESSING: "The provider is reviewing the documents.",
  VERIFIED: "The provider accepted the customer: payouts can be made.",
  REJECTED: "The provider refused the documents. They can be sent again.",
};

export function CustomerView({ id }: { id: string }) {
  const [{ data, error }, refresh] = useQuery({ query: CustomerDocument, variables: { id } });
  const readAgain = () => refresh({ requestPolicy: "network-only" });
  useAfterChanges((change) => concerns(change, id), readAgain);
  if (!data) return error ? <Failure message={error.message} onRetry={readAgain} /> : <Loading what="the customer" />;
  const { customer } = data;
  if (!customer) return <Empty title="There is no such customer." />;
  return (
    <>
      <header className="view-head">
        <div>
          <p className="crumb">
            <Link href="/customers">Customers</Link>
          </p>
          <h1>{customer.name}</h1>
        </div>
        <span role="status">
          <StatusPill status={customer.status} />
        </span>
        <Link href={`/pay?customer=${encodeURIComponent(customer.id)}`} className="button button-primary">
          {customer.status === "VERIFIED" ? "Pay" : "Verify and pay"}
        </Link>
      </header>
      <p className={`meaning meaning-${customer.status.toLowerCase()}`}>{meanings[customer.status]}</p>
      <div className="columns">
        <div>
          <Panel title="Customer">
            <Facts
              facts={[
                ["E-mail", customer.email],
                ["Country", customer.country],
                ["Kind", customer.type === "BUSINESS" ? "Business" : "Individual"],
                ["Created", formatInstant(customer.createdAt)],
                ["Last heard of", formatInstant(customer.asOf)],
              ]}
            />
          </Panel>
          <Panel title="Documents">
            <DocumentList documents={customer.documents} />
          </Panel>
        </div>
        <Panel title="Timeline">
          <Timeline label="Status changes, the newest first" entries={customer.statusChanges.filter(isEntry)} />
        </Panel>
      </div>
      <CustomerPayouts customer={customer} />
    </>
  );
}

function isEntry(change: Details["statusChanges"][number]): change is TimelineEntry & typeof change {
  return "to" in change;
}

function CustomerPayouts({ customer: { name, email, payouts } }: { customer: Details }) {
  if (payouts.nodes.length === 0) {
    return (
      <Panel title="Payouts">
        <Empty title="No payouts yet." />
      </Panel>
    );
  }
  const rest = payouts.totalCount - payouts.nodes.length;
  return (
    <Panel title="Payouts">
      <div className="scroll-x">
        <table className="plain-table">
          <thead>
            <tr>
              {payoutColumns.slice(1).map(({ id, title }) => (
                <th key={id} scope="col">
                  {title}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {payouts.nodes.map((payout) => (
              <tr key={payout.id}>
                {payoutColumns.slice(1).map(({ id, cell }, place) => (
                  <td key={id} className={`cell-${id}`}>
                    {place === 0 ? (
                      <Link href={`/payouts/${payout.id}`} aria-label={payoutName(payout)}>
                        {cell(payout)}
                      </Link>
                    ) : (
                      cell(payout)
                    )}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {rest > 0 && (
        <p className="muted">
          These are the newest.{" "}
          <Link href={`/payouts?days=365&search=${encodeURIComponent(email)}`}>All of {name}</Link>
        </p>
      )}
    </Panel>
  );
}

import { useQuery } from "urql";
import { Link } from "wouter";
import { formatDecimal, formatMoney } from "../format/money";
import { formatInstant } from "../format/time";
import { methodWords, payoutMeanings } from "../format/words";
import { PayoutDocument, type PayoutQuery } from "../generated/operations";
import { useAfterChanges } from "../live/use-stream";
import { Facts } from "../ui/facts";
import { Panel } from "../ui/panel";
import { Secret } from "../ui/secret";
import { Empty, Failure, Loading } from "../ui/states";
import { StatusPill } from "../ui/status-pill";
import { Timeline, type TimelineEntry } from "../ui/timeline";

type Details = NonNullable<PayoutQuery["payout"]>;

export function PayoutView({ id }: { id: string }) {
  const [{ data, error }, refresh] = useQuery({ query: PayoutDocument, variables: { id } });
  const readAgain = () => refresh({ requestPolicy: "network-only" });
  useAfterChanges((change) => change.__typename === "PayoutStatusChange" && change.payout.id === id, readAgain);
  if (!data) return error ? <Failure message={error.message} onRetry={readAgain} /> : <Loading what="the payout" />;
  const { payout } = data;
  if (!payout) return <Empty title="There is no such payout." />;
  return (
    <>
      <header className="view-head">
        <div>
          <p className="crumb">
            <Link href="/payouts">Payouts</Link>
          </p>
          <h1>{payout.amount ? formatMoney(payout.amount) : "Payout"}</h1>
        </div>
        <span role="status">
          <StatusPill status={payout.status} />
        </span>
      </header>
      <p className={`meaning meaning-${payout.status.toLowerCase()}`}>
        {payoutMeanings[payout.status]}
        {payout.failureReason && ` The provider says: ${payout.failureReason}`}
      </p>
      {payout.mismatch && (
        <p className="notice notice-warn">
          The provider reported something else than was ordered: {payout.mismatch.message} Nothing of it was taken over.
          An operator must resolve it.
        </p>
      )}
      <div className="columns">
        <div>
          <PaymentPanel payout={payout} />
          <RecipientPanel payout={payout} />
        </div>
        <Panel title="Timeline">
          <Timeline label="Status changes, the newest first" entries={payout.statusChanges.filter(isEntry)} />
        </Panel>
      </div>
    </>
  );
}

/** Every change of a payout's own log has its statuses; the interface alone does not say so. */
function isEntry(change: Details["statusChanges"][number]): change is TimelineEntry & typeof change {
  return "to" in change;
}

function PaymentPanel({ payout }: { payout: Details }) {
  const { customer, amount, fee, rate, method, note, reference, merchantReference, transactionId } = payout;
  return (
    <Panel title="Payment">
      <Facts
        facts={[
          [
            "Customer",
            <Link key="customer" href={`/customers/${customer.id}`}>
              {customer.name}
            </Link>,
          ],
          ["Leaves the wallet", amount && formatMoney(amount)],
          ["Fee", fee && formatMoney(fee)],
          ["Exchange rate", rate && formatDecimal(rate)],
          ["Method", method && methodWords[method]],
          ["Note", note],
          ["Provider's reference", reference],
          ["Our reference", merchantReference],
          ["Transaction", transactionId],
          ["Recorded", formatInstant(payout.createdAt)],
          ["Last heard of", formatInstant(payout.asOf)],
        ]}
      />
    </Panel>
  );
}

function RecipientPanel({ payout: { recipient, interacInstruction } }: { payout: Details }) {
  if (!recipient) return null;
  const { accountName, accountNumber, bankName, email, phoneNumber, amount } = recipient;
  return (
    <Panel title="Recipient">
      <Facts
        facts={[
          ["Name", accountName],
          ["Gets", amount && formatMoney(amount)],
          ["Bank or operator", bankName],
          ["Account", accountNumber && <Secret text={accountNumber} what="the account number" />],
          ["Phone", phoneNumber && <Secret text={phoneNumber} what="the phone number" />],
          ["E-mail", email],
          ["Security question", interacInstruction?.question],
          [
            "Answer",
            interacInstruction && <Secret text={interacInstruction.answer} what="the answer" isWholeCovered />,
          ],
        ]}
      />
    </Panel>
  );
}

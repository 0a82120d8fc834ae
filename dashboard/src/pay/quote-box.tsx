import { useEffect, useState } from "react";
import { useQuery } from "urql";
import { formatDecimal, formatMoney } from "../format/money";
import { type PayoutQuoteInput, QuotesDocument } from "../generated/operations";
import { destinations } from "./destinations";
import { kindOf, toQuoteInput, type Values, type Wallet } from "./payment-form";

// A quote is a call to the provider, whose budget is small: only what stands still is asked for.
const typingMs = 400;

export function QuoteBox({ values, wallet }: { values: Values; wallet: Wallet | null }) {
  const wanted = JSON.stringify(toQuoteInput(values, wallet));
  const [asked, setAsked] = useState(wanted);
  useEffect(() => {
    const timer = setTimeout(() => setAsked(wanted), typingMs);
    return () => clearTimeout(timer);
  }, [wanted]);
  const input = JSON.parse(asked) as PayoutQuoteInput | null;
  const none: PayoutQuoteInput = { sourceCurrency: "", targetCurrency: "", amount: { send: "0" } };
  const [{ data, error, fetching }] = useQuery({
    query: QuotesDocument,
    variables: { input: input ?? none },
    pause: input === null,
    requestPolicy: "cache-first",
  });
  const { method } = destinations[kindOf(values)];
  const quote = data?.payoutQuotes.find((offer) => offer.method.toUpperCase() === method);
  if (input === null) return <p className="quote muted">What it costs is shown here once there is an amount.</p>;
  if (fetching || asked !== wanted) {
    return (
      <p className="quote muted" role="status">
        Asking what it costs…
      </p>
    );
  }
  if (error || !quote) {
    return (
      <p className="quote notice notice-warn" role="status">
        {error?.graphQLErrors[0]?.message ?? "The provider offers no such payment at present."}
      </p>
    );
  }
  return (
    <dl className="quote" aria-label="Quote">
      <div>
        <dt>Leaves the wallet</dt>
        <dd>{formatMoney(quote.youSend)}</dd>
      </div>
      <div>
        <dt>Fees</dt>
        <dd>{formatMoney(quote.totalFees)}</dd>
      </div>
      {quote.rate && input.sourceCurrency !== input.targetCurrency && (
        <div>
          <dt>Rate</dt>
          <dd>{formatDecimal(quote.rate)}</dd>
        </div>
      )}
      <div className="quote-main">
        <dt>Arrives</dt>
        <dd>{formatMoney(quote.recipientGets)}</dd>
      </div>
    </dl>
  );
}

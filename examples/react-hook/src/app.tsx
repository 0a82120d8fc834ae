import { usePayoutStatus } from "./use-payout-status";

export function App({ payoutId }: { payoutId: string }) {
  const { status, changes, isLive, error } = usePayoutStatus(payoutId);
  if (error) return <p role="alert">{error}</p>;
  return (
    <>
      <h1>{status ?? "…"}</h1>
      <p role="status">{isLive ? "Live" : "Reconnecting"}</p>
      <ol>
        {changes.map(({ cursor, to, occurredAt }) => (
          <li key={cursor}>
            <strong>{to}</strong> <time>{occurredAt}</time>
          </li>
        ))}
      </ol>
    </>
  );
}

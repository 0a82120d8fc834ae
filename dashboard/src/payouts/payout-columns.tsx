import { formatMoney } from "../format/money";
import { formatAge, formatInstant } from "../format/time";
import { useNow } from "../format/use-now";
import { methodWords } from "../format/words";
import type { PayoutRowFragment } from "../generated/operations";
import type { Column } from "../ui/live-table";
import { StatusPill } from "../ui/status-pill";

export const payoutColumns: readonly Column<PayoutRowFragment>[] = [
  { id: "name", title: "Customer", cell: ({ customer }) => customer.name },
  { id: "status", title: "Status", cell: ({ status }) => <StatusPill status={status} /> },
  { id: "amount", title: "Amount", cell: ({ amount }) => (amount ? formatMoney(amount) : "not known yet") },
  { id: "method", title: "Method", cell: ({ method }) => (method ? methodWords[method] : "–") },
  { id: "age", title: "Recorded", cell: ({ createdAt }) => <Age at={createdAt} /> },
];

export function Age({ at }: { at: string }) {
  const now = useNow(5_000);
  return (
    <time dateTime={at} title={formatInstant(at)}>
      {formatAge(at, now)}
    </time>
  );
}

export function payoutName({ customer, amount, status }: PayoutRowFragment): string {
  return `Payout of ${amount ? formatMoney(amount) : "an amount not known yet"} for ${customer.name}, ${status.toLowerCase()}`;
}

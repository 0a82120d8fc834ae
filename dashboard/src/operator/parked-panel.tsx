import { useState } from "react";
import { Button } from "react-aria-components";
import { useMutation } from "urql";
import { formatCount } from "../format/money";
import { type OperatorStatusQuery, RetryWebhookEventsDocument } from "../generated/operations";
import { Age } from "../payouts/payout-columns";
import { Panel } from "../ui/panel";

interface ParkedPanelProps {
  events: OperatorStatusQuery["parkedWebhookEvents"];
  total: number;
  onRetried(): void;
}

export function ParkedPanel({ events, total, onRetried }: ParkedPanelProps) {
  const [{ fetching }, retry] = useMutation(RetryWebhookEventsDocument);
  const [told, setTold] = useState<string | null>(null);
  const retryEvents = async (ids: readonly string[] | null) => {
    const { data, error } = await retry({ input: { ids } });
    const count = data?.retryWebhookEvents.ids.length ?? 0;
    setTold(error ? error.message : `${formatCount(count)} ${count === 1 ? "event is" : "events are"} tried again.`);
    onRetried();
  };
  const aside = (
    <span className="panel-aside">
      <span className="count">{formatCount(total)}</span>
      {total > 0 && (
        <Button className="button" isDisabled={fetching} onPress={() => retryEvents(null)}>
          Retry all
        </Button>
      )}
    </span>
  );
  return (
    <Panel title="Parked webhook events" aside={aside}>
      <p role="status" className="muted">
        {told ?? (total === 0 ? "Every event that was received could be applied." : "")}
      </p>
      {events.length > 0 && (
        <div className="scroll-x">
          <table className="plain-table">
            <thead>
              <tr>
                <th scope="col">Event</th>
                <th scope="col">Subject</th>
                <th scope="col">Reason</th>
                <th scope="col">Tries</th>
                <th scope="col">Received</th>
                <th scope="col">
                  <span className="visually-hidden">Actions</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {events.map(({ id, type, subject, reason, isConflict, attempts, receivedAt }) => (
                <tr key={id}>
                  <td>
                    {type || "unreadable"} <span className="muted">#{id}</span>
                  </td>
                  <td>{subject ?? "–"}</td>
                  <td>
                    {reason}
                    {isConflict && " It contradicts another one with its key."}
                  </td>
                  <td>{formatCount(attempts)}</td>
                  <td>
                    <Age at={receivedAt} />
                  </td>
                  <td>
                    <Button
                      className="link-button"
                      aria-label={`Retry event ${id}`}
                      isDisabled={fetching}
                      onPress={() => retryEvents([id])}
                    >
                      Retry
                    </Button>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Panel>
  );
}

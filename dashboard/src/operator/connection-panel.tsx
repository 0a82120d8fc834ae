import { formatCount } from "../format/money";
import { formatInstant } from "../format/time";
import { useStreamState } from "../live/use-stream";
import { sayConnection } from "../shell/connection-badge";
import { Facts } from "../ui/facts";
import { Panel } from "../ui/panel";

export function ConnectionPanel() {
  const { connection, received, reconnects } = useStreamState();
  return (
    <Panel title="This page's connection">
      <Facts
        facts={[
          ["State", sayConnection(connection)],
          ["Live since", connection.phase === "live" ? formatInstant(connection.since) : null],
          [
            "Changes received",
            <span key="received" data-testid="received">
              {formatCount(received)}
            </span>,
          ],
          ["Connections made", formatCount(reconnects)],
        ]}
      />
    </Panel>
  );
}

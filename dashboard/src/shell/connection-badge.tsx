import { formatTime } from "../format/time";
import type { Connection } from "../live/status-stream";
import { useConnection } from "../live/use-stream";

export function ConnectionBadge() {
  const connection = useConnection();
  return (
    <p className={`badge badge-${connection.phase.replace(" ", "-")}`} role="status" aria-live="polite">
      <span className="dot" aria-hidden="true" />
      {sayConnection(connection)}
    </p>
  );
}

export function sayConnection(connection: Connection): string {
  switch (connection.phase) {
    case "connecting":
      return "Connecting";
    case "live":
      return "Live";
    case "catching up":
      return `Catching up from ${formatTime(connection.from)}`;
    case "offline":
      return `Offline since ${formatTime(connection.since)}`;
    case "signed out":
      return "Signed out";
  }
}

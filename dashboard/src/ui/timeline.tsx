import { formatInstant } from "../format/time";
import { type AnyStatus, sourceWords, statusWords } from "../format/words";
import type { StatusSource } from "../generated/operations";
import { StatusPill } from "./status-pill";

export interface TimelineEntry {
  cursor: string;
  source: StatusSource;
  reason: string | null;
  occurredAt: string;
  recordedAt: string;
  from: AnyStatus | null;
  to: AnyStatus;
}

/** A status log, the newest first, and a word where its beginning is older than the log is kept. */
export function Timeline({ entries, label }: { entries: readonly TimelineEntry[]; label: string }) {
  const isWhole = entries[0]?.from === null;
  return (
    <>
      <ol className="timeline" aria-label={label}>
        {entries.toReversed().map(({ cursor, source, reason, occurredAt, recordedAt, from, to }) => (
          <li key={cursor}>
            <div className="timeline-head">
              <StatusPill status={to} />
              <span className="muted">{from ? `after ${statusWords[from].toLowerCase()}` : "to begin with"}</span>
            </div>
            {reason && <p>{reason}</p>}
            <dl className="timeline-times">
              <dt>Happened</dt>
              <dd>
                <time dateTime={occurredAt}>{formatInstant(occurredAt)}</time>
              </dd>
              <dt>Written down</dt>
              <dd>
                <time dateTime={recordedAt}>{formatInstant(recordedAt)}</time>
              </dd>
              <dt>Told by</dt>
              <dd>{sourceWords[source]}</dd>
            </dl>
          </li>
        ))}
      </ol>
      {!isWhole && <p className="muted">{entries.length > 0 ? "Older changes" : "The changes"} are no longer kept.</p>}
    </>
  );
}

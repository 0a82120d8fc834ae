import { formatCount } from "../format/money";
import { formatSeconds } from "../format/time";
import type { PayoutStatisticsQuery } from "../generated/operations";

type Range = PayoutStatisticsQuery["payoutStatistics"]["durations"][number];

/** How many ended payouts took how long. */
export function DurationChart({ durations }: { durations: readonly Range[] }) {
  const highest = Math.max(1, ...durations.map(({ count }) => count));
  return (
    <table className="durations">
      <caption className="visually-hidden">Payouts by the time from record to final status</caption>
      <tbody>
        {durations.map((range) => (
          <tr key={range.fromSeconds}>
            <th scope="row">{nameOf(range)}</th>
            <td>
              <svg viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
                <rect className="bar-track" width="100" height="8" />
                <rect className="bar-duration" width={(range.count / highest) * 100} height="8" />
              </svg>
            </td>
            <td className="durations-count">{formatCount(range.count)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function nameOf({ fromSeconds, toSeconds }: Range): string {
  if (toSeconds === null) return `over ${formatSeconds(fromSeconds)}`;
  if (fromSeconds === 0) return `under ${formatSeconds(toSeconds)}`;
  return `${formatSeconds(fromSeconds)} – ${formatSeconds(toSeconds)}`;
}

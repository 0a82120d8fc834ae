// Stacked bars, one for each period. The same numbers stand in a table for those who cannot see them.

import { formatCount } from "../format/money";
import { formatInstant } from "../format/time";
import type { PayoutStatisticsQuery, PayoutStatus } from "../generated/operations";

interface OutcomeChartProps {
  from: string;
  to: string;
  bars: number;
  periods: PayoutStatisticsQuery["payoutStatistics"]["periods"];
}

type Outcome = "successful" | "failed" | "open";

const outcomes: readonly Outcome[] = ["successful", "open", "failed"];
const words: Record<Outcome, string> = { successful: "Successful", open: "On their way", failed: "Failed" };
const width = 600;
const height = 120;

export function OutcomeChart({ from, to, bars, periods }: OutcomeChartProps) {
  const start = new Date(from).getTime();
  const length = (new Date(to).getTime() - start) / bars;
  const stacks = Array.from({ length: bars }, () => ({ successful: 0, open: 0, failed: 0 }));
  for (const { from: at, status, count } of periods) {
    const stack = stacks[Math.min(bars - 1, Math.round((new Date(at).getTime() - start) / length))];
    if (stack) stack[outcomeOf(status)] += count;
  }
  const highest = Math.max(1, ...stacks.map(({ successful, open, failed }) => successful + open + failed));
  const step = width / bars;
  return (
    <figure className="chart">
      <svg viewBox={`0 0 ${width} ${height}`} preserveAspectRatio="none" aria-hidden="true">
        <line x1="0" y1="0.5" x2={width} y2="0.5" className="chart-grid" />
        <line x1="0" y1={height / 2} x2={width} y2={height / 2} className="chart-grid" />
        {stacks.map((stack, index) => {
          let below = 0;
          return outcomes.map((outcome) => {
            const tall = (stack[outcome] / highest) * height;
            below += tall;
            return tall === 0 ? null : (
              <rect
                // biome-ignore lint/suspicious/noArrayIndexKey: a bar is its place
                key={`${index} ${outcome}`}
                className={`bar-${outcome}`}
                x={index * step + step * 0.12}
                width={step * 0.76}
                y={height - below}
                height={tall}
              />
            );
          });
        })}
        <line x1="0" y1={height - 0.5} x2={width} y2={height - 0.5} className="chart-axis" />
      </svg>
      <div className="chart-scale" aria-hidden="true">
        <span>{formatInstant(from)}</span>
        <span>highest bar: {formatCount(highest)}</span>
        <span>now</span>
      </div>
      <ul className="legend" aria-hidden="true">
        {outcomes.map((outcome) => (
          <li key={outcome} className={`legend-${outcome}`}>
            {words[outcome]}
          </li>
        ))}
      </ul>
      <table className="visually-hidden">
        <caption>Payouts over time, by outcome</caption>
        <thead>
          <tr>
            <th scope="col">From</th>
            {outcomes.map((outcome) => (
              <th key={outcome} scope="col">
                {words[outcome]}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {stacks.map((stack, index) => {
            const at = start + index * length;
            return stack.successful + stack.open + stack.failed === 0 ? null : (
              <tr key={at}>
                <th scope="row">{formatInstant(at)}</th>
                {outcomes.map((outcome) => (
                  <td key={outcome}>{formatCount(stack[outcome])}</td>
                ))}
              </tr>
            );
          })}
        </tbody>
      </table>
    </figure>
  );
}

function outcomeOf(status: PayoutStatus): Outcome {
  if (status === "SUCCESSFUL") return "successful";
  return status === "FAILED" ? "failed" : "open";
}

import { Label, Meter } from "react-aria-components";
import { formatCount } from "../format/money";
import { formatSeconds } from "../format/time";
import type { OperatorStatusQuery } from "../generated/operations";
import { Panel } from "../ui/panel";

type Budget = OperatorStatusQuery["operatorStatus"]["budget"];

export function BudgetPanel({ budget }: { budget: Budget }) {
  const { windows, pausedForSeconds, waiting, nodes, isShared } = budget;
  return (
    <Panel title="The provider's budget now">
      {pausedForSeconds > 0 && (
        <p className="notice notice-warn">
          The provider has all calls pause for {formatSeconds(Math.ceil(pausedForSeconds))}.
        </p>
      )}
      {windows.map(({ limit, used, seconds }) => (
        <Meter
          key={seconds}
          className="meter"
          value={used}
          maxValue={limit}
          valueLabel={`${formatCount(used)} of ${formatCount(limit)}`}
        >
          {({ percentage, valueText }) => (
            <>
              <Label>In {formatSeconds(seconds)}</Label>
              <span>{valueText} calls</span>
              <svg viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">
                <rect className="bar-track" width="100" height="6" />
                <rect className={percentage > 80 ? "bar-failed" : "bar-duration"} width={percentage} height="6" />
              </svg>
            </>
          )}
        </Meter>
      ))}
      <p className="muted">
        {waiting === 0 ? "No call waits for its turn." : `${formatCount(waiting)} calls wait for their turn.`}
        {nodes > 1 && ` ${formatCount(nodes)} nodes spend it.`}
        {!isShared && " The nodes cannot reach each other: each makes do with its part."}
      </p>
    </Panel>
  );
}

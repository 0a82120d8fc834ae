// Every node looks every hour whether something has become too old; one of them removes it.

import { WorkLoop } from "../mirror/work-loop.js";
import type { Logger } from "../telemetry/logger.js";
import type { Metrics } from "../telemetry/metrics.js";
import { Retention, type RetentionParts } from "./retention.js";

export interface RetentionJobParts extends Pick<RetentionParts, "database" | "keptDays"> {
  metrics: Metrics;
  logger: Logger;
}

const everyMs = 3_600_000;

/** Null where everything is kept for ever. */
export function startRetention({ metrics, logger, ...parts }: RetentionJobParts): { stop(): Promise<void> } | null {
  if (Object.values(parts.keptDays).every((days) => days === null)) return null;
  const retention = new Retention({
    ...parts,
    principalId: "retention",
    onRemoved: (kind, count) => metrics.retentionRemovals.inc({ kind }, count),
  });
  const loop = new WorkLoop({
    name: "retention",
    logger,
    atLeastEveryMs: everyMs,
    work: async (isStopped) => {
      const removed = await retention.run({ isStopped });
      if (removed && Object.values(removed).some((count) => count > 0)) {
        logger.info({ removed }, "removed what was older than it is kept");
      }
      return null;
    },
  });
  loop.wake();
  return loop;
}

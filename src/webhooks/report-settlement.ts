import type { Logger } from "../telemetry/logger.js";
import type { Metrics } from "../telemetry/metrics.js";
import type { Settlement } from "./apply-event.js";

/** Counts an event that has its end, and complains where it is one that needs somebody. */
export function reportSettlement(
  { metrics, logger }: { metrics: Metrics; logger: Logger },
  { id, type }: { id: number | undefined; type: string },
  settlement: Settlement,
): void {
  metrics.inboxEvents.inc({ outcome: settlement.state.toLowerCase() });
  if (settlement.state !== "PARKED") return;
  logger.error({ event: id, type, reason: settlement.reason }, "webhook event parked");
}

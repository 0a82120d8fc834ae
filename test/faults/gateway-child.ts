// A node in a process of its own, to be killed. It loads the product first and starts it when told, so that a restart
// costs milliseconds and a node that was stopped can serve the next schedule.

import { pino } from "pino";
import { readConfig } from "../../src/config.js";
import { type Gateway, type GatewayOptions, startGateway } from "../../src/gateway.js";
import { setClock } from "./shifted-clock.js";

export interface StartOrder {
  order: "start";
  environment: Record<string, string>;
  patience: GatewayOptions["patience"];
  logFile: string;
  clockShiftMs: number;
}

/** Nothing is reported when the clock is set. */
export type Order = StartOrder | { order: "stop" } | { order: "clock"; shiftMs: number };

export type Report = { report: "ready" } | { report: "started"; url: string } | { report: "stopped" } | Failure;
interface Failure {
  report: "failed";
  reason: string;
}

let gateway: Gateway | null = null;

async function carryOut(order: Exclude<Order, { order: "clock" }>): Promise<Report> {
  if (order.order === "stop") {
    await gateway?.stop();
    gateway = null;
    return { report: "stopped" };
  }
  const { environment, patience, logFile, clockShiftMs } = order;
  setClock(clockShiftMs);
  // Written at once: the last words before a kill are the ones to read.
  const logger = pino({ level: "info" }, pino.destination({ dest: logFile, append: true, sync: true }));
  gateway = await startGateway(readConfig(environment), { logger, ...(patience ? { patience } : {}) });
  return { report: "started", url: gateway.url };
}

const tell = (report: Report) => process.send?.(report);

process.on("message", (order: Order) => {
  if (order.order === "clock") setClock(order.shiftMs);
  else carryOut(order).then(tell, (error: Error) => tell({ report: "failed", reason: error.stack ?? error.message }));
});
// Nobody gives orders where the build runs it, to keep what the engine compiles for a start.
if (!process.send) {
  void carryOut({
    order: "start",
    environment: process.env as Record<string, string>,
    patience: undefined,
    logFile: "/dev/null",
    clockShiftMs: 0,
  });
}
// Whoever gave the orders is gone.
process.on("disconnect", () => process.exit(0));
tell({ report: "ready" });

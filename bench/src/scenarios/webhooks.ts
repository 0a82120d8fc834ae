import type { Section } from "../report/section.js";
import type { Bench } from "./scenario.js";
import { webhookIntake } from "./webhook-intake.js";
import { webhookLatency } from "./webhook-latency.js";

export async function webhooks(bench: Bench): Promise<Section> {
  bench.log("  intake");
  const intake = await webhookIntake(bench);
  bench.log("  webhook to frame");
  const latency = await webhookLatency(bench);
  return {
    title: "Webhooks",
    text: [
      `Signed webhooks about payouts of the mirror, each of which moves one, over 64 connections as fast as they are answered. After
each round the inbox is counted: every 2xx has to be in it. Then the gateway may finish applying them.`,
      `Webhook to frame: ${latency.perSecond} webhooks a second at an even pace, and one WebSocket subscriber of \`statusChanged\`. The time runs from
before the webhook is sent to after the frame has come, so it holds both ways through the network as well.`,
    ],
    tables: [...intake.tables, ...latency.tables],
    bounds: [...intake.bounds, ...latency.bounds],
  };
}

// From a webhook to the frame that tells a subscriber of it.

import { startMeasuredGateway } from "../gateway/measured-gateway.js";
import { startLoadMaker } from "../load/http-load.js";
import { startSubscribers } from "../load/subscriber-plan.js";
import { number } from "../report/format.js";
import type { Bound, Table } from "../report/section.js";
import { median, percentile } from "../report/statistics.js";
import { WebhookFeed } from "../sample/webhooks.js";
import { followEverything } from "./gateway-subscriptions.js";
import type { Bench } from "./scenario.js";

const perSecond = 200;
const mostMs = 20;
const patienceMs = 60_000;

export async function webhookLatency(bench: Bench): Promise<{ perSecond: number; tables: Table[]; bounds: Bound[] }> {
  const amount = perSecond * (bench.isQuick ? 1 : 10);
  const filling = { customers: 100, payouts: amount * (bench.rounds + 1), status: "PENDING" } as const;
  const gateway = await startMeasuredGateway(bench, { filling });
  const feed = new WebhookFeed(filling, gateway.signingSecret);
  const loads = await startLoadMaker();
  const subscribers = await startSubscribers();
  await subscribers.connect(await followEverything(gateway, 1));
  const p50s: number[] = [];
  const p99s: number[] = [];
  // The first round warms the code up.
  for (let round = 0; round <= bench.rounds; round += 1) {
    const webhooks = Array.from({ length: amount }, () => feed.take());
    const requests = webhooks.map(({ request }) => request);
    await subscribers.expect(amount);
    const url = `${gateway.url}/webhooks`;
    const { sentAt, isAnswered } = await loads.pace({ url, requests, perSecond, patienceMs, expects: "true" });
    const { events, repeats, arrivals } = await subscribers.collected(patienceMs);
    if (repeats > 0) throw new Error(`${repeats} events came twice.`);
    if (!isAnswered || events < amount) {
      p99s.push(Number.POSITIVE_INFINITY);
      break;
    }
    if (round === 0) continue;
    const tookMs = webhooks
      .map(({ payout }, index) => (arrivals.get(payout.id) as number) - (sentAt[index] as number))
      .sort((a, b) => a - b);
    p50s.push(percentile(tookMs, 50));
    p99s.push(percentile(tookMs, 99));
  }
  await subscribers.stop();
  await loads.stop();
  await gateway.stop();
  // Where not all came in time, no figure would be fair.
  const p99 = p99s.includes(Number.POSITIVE_INFINITY) ? Number.POSITIVE_INFINITY : median(p99s);
  return {
    perSecond,
    tables: [
      { head: ["webhook to frame", "p50 ms", "p99 ms"], rows: [["payout-gateway", number(median(p50s)), number(p99)]] },
    ],
    bounds: [
      {
        what: `webhook to frame at ${perSecond} a second, p99`,
        limit: `under ${mostMs} ms`,
        measured: Number.isFinite(p99) ? `${number(p99)} ms` : "not all were taken and came within a minute",
        isHeld: p99 < mostMs,
      },
    ],
  };
}

// Who delivers events to subscribers: the gateway, told of them by webhooks, and a bare `ws` server, told by posts.

import { setTimeout as sleep } from "node:timers/promises";
import SqliteDatabase from "better-sqlite3";
import { startMeasuredGateway } from "../gateway/measured-gateway.js";
import type { LoadRequest } from "../load/http-load.js";
import { type Subscribers, startSubscribers } from "../load/subscriber-plan.js";
import { nowMs } from "../machine/clock.js";
import { type SamplePayout, sampleCustomer, samplePayout } from "../sample/sample-data.js";
import { WebhookFeed } from "../sample/webhooks.js";
import { startWorker } from "../workers/worker.js";
import { follow, followEverything } from "./gateway-subscriptions.js";
import type { Bench } from "./scenario.js";

export interface FanoutServer {
  name: string;
  pid: number;
  /** Where events are sent to. */
  url: string;
  subscribers: Subscribers;
  connectToAll(count: number): Promise<void>;
  /** As many subscribers for each key. */
  connectByKey(count: number): Promise<void>;
  disconnect(): Promise<void>;
  takeToAll(count: number): LoadRequest[];
  /** One key after the other. */
  takeByKey(count: number): LoadRequest[];
  /** Waits until whatever the events began has been done; answers whether it was in time. */
  isDone(patienceMs: number): Promise<boolean>;
  stop(): Promise<void>;
}

/** What events are about, and what subscribers follow, each one of them. */
export const keys = 100;
const customerIds = Array.from({ length: keys }, (_, number) => sampleCustomer(number).id);
const lookEveryMs = 20;
const endsWithinMs = 5_000;

export async function startOurServer(bench: Bench, payouts: number, name = "payout-gateway"): Promise<FanoutServer> {
  const filling = { customers: keys, payouts, status: "PENDING" } as const;
  const gateway = await startMeasuredGateway(bench, { filling });
  const feed = new WebhookFeed(filling, gateway.signingSecret);
  const subscribers = await startSubscribers();
  const inbox = new SqliteDatabase(gateway.databaseFile, { readonly: true });
  const waiting = inbox.prepare("select count(*) from inbox where state = 'RECEIVED'").pluck();
  return {
    name,
    pid: gateway.pid,
    url: `${gateway.url}/webhooks`,
    subscribers,
    connectToAll: async (count) => subscribers.connect(await followEverything(gateway, count)),
    connectByKey: async (count) => subscribers.connect(await follow(gateway, count, customerIds)),
    disconnect: () => subscribers.disconnect(),
    takeToAll: (count) => feed.takeRequests(count),
    takeByKey: (count) => feed.takeRequests(count),
    isDone: async (patienceMs) => {
      const deadline = nowMs() + patienceMs;
      while ((waiting.get() as number) > 0 && nowMs() < deadline) await sleep(lookEveryMs);
      return (waiting.get() as number) === 0;
    },
    stop: async () => {
      inbox.close();
      await subscribers.stop();
      // It may have a backlog that nobody waits for any more.
      await gateway.stop(endsWithinMs);
    },
  };
}

/** The gateway with nobody to tell: what it does for the webhooks themselves. */
export function startIntakeAlone(bench: Bench, payouts: number): Promise<FanoutServer> {
  return startOurServer(bench, payouts, "payout-gateway without subscribers");
}

export async function startBareServer(): Promise<FanoutServer> {
  const worker = await startWorker("peers/bare-socket");
  const url = await worker.call<string>("start");
  const subscribers = await startSubscribers();
  const connect = (count: number, subscriptions: string[]) =>
    subscribers.connect({ url: url.replace("http", "ws"), count, subscriptions });
  let next = 0;
  const take = (count: number, pathOf: (payout: SamplePayout) => string): LoadRequest[] =>
    Array.from({ length: count }, () => {
      const payout = samplePayout(next, keys);
      next += 1;
      return { path: pathOf(payout), body: frameOf(payout, next) };
    });
  return {
    name: "bare ws, a topic for each key",
    pid: worker.pid,
    url,
    subscribers,
    connectToAll: (count) => connect(count, ["/all"]),
    connectByKey: (count) =>
      connect(
        count,
        customerIds.map((id) => `/${id}`),
      ),
    disconnect: () => subscribers.disconnect(),
    takeToAll: (count) => take(count, () => "/all"),
    takeByKey: (count) => take(count, ({ customerId }) => `/${customerId}`),
    isDone: async () => true,
    stop: async () => {
      await subscribers.stop();
      await worker.stop();
    },
  };
}

/** As long as the gateway's. */
function frameOf({ id, amount }: SamplePayout, number: number): string {
  const cursor = Buffer.from(`0123456789ab.${number.toString(36).padStart(4, "0")}`).toString("base64url");
  const occurredAt = "2026-01-01T00:00:00.000Z";
  const change = { cursor, source: "WEBHOOK", occurredAt, from: "PENDING", to: "PROCESSING", payout: { id, amount } };
  return JSON.stringify({ id: "1", type: "next", payload: { data: { statusChanged: change } } });
}

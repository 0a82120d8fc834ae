// What a process full of subscribers is asked to do.

import { startWorker } from "../workers/worker.js";

export interface SubscriberPlan {
  /** `ws://…` */
  url: string;
  /** `graphql-transport-ws`, or nothing for a server without a protocol. */
  protocol?: string;
  count: number;
  /** The first message of each; its subscription follows the answer. Without it the subscription is the first. */
  init?: string;
  /** Subscriber n sends message n, counted round. */
  subscriptions: string[];
}

export interface Collected {
  /** How many events came, over all subscribers. */
  events: number;
  /** Events that one subscriber was sent twice. */
  repeats: number;
  /** When the last one came, by the machine's clock. */
  lastAt: number;
  /** When each payout's event first came. */
  arrivals: Map<string, number>;
}

export interface Subscribers {
  connect(plan: SubscriberPlan): Promise<void>;
  /** Forgets what came, and waits until so many more have come. */
  expect(events: number): Promise<void>;
  collected(timeoutMs: number): Promise<Collected>;
  disconnect(): Promise<void>;
  stop(): Promise<void>;
}

export async function startSubscribers(): Promise<Subscribers> {
  const worker = await startWorker("load/subscribers");
  return {
    connect: (plan) => worker.call("connect", plan),
    expect: (events) => worker.call("expect", events),
    collected: (timeoutMs) => worker.call("collected", timeoutMs),
    disconnect: () => worker.call("disconnect"),
    stop: () => worker.stop(),
  };
}

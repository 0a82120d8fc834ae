// Many subscribers in one process, each on a socket of its own. What comes is looked at as text: parsing it would be more
// work than the server has with it.

import { once } from "node:events";
import WebSocket from "ws";
import { nowMs } from "../machine/clock.js";
import { serveCalls } from "../workers/serve-calls.js";
import type { Collected, SubscriberPlan } from "./subscriber-plan.js";

const connectingAtOnce = 100;
const event = /"type":"next".*"payout":\{"id":"([^"]+)"/;
const ping = '{"type":"ping"}';
const pong = '{"type":"pong"}';

let sockets: WebSocket[] = [];
let expected = 0;
let collected: Collected = nothing();
let allCame = () => {};

function nothing(): Collected {
  return { events: 0, repeats: 0, lastAt: 0, arrivals: new Map() };
}

async function open(plan: SubscriberPlan, number: number): Promise<WebSocket> {
  const { url, protocol, init, subscriptions } = plan;
  const socket = new WebSocket(url, protocol ? [protocol] : [], { perMessageDeflate: false });
  const seen = new Set<string>();
  const subscription = subscriptions[number % subscriptions.length] as string;
  let isSubscribed = init === undefined;
  socket.on("open", () => socket.send(init ?? subscription));
  const subscribed = new Promise<void>((resolve, reject) => {
    socket.on("error", reject);
    socket.on("close", (code, reason) => reject(new Error(`The server closed: ${code} ${reason.toString()}`)));
    socket.on("message", (data: Buffer) => {
      const text = data.toString("latin1");
      const payout = event.exec(text)?.[1];
      if (payout !== undefined) return note(payout, seen);
      if (text === ping) return socket.send(pong);
      if (text.includes('"errors"')) return reject(new Error(text));
      if (!isSubscribed) socket.send(subscription);
      isSubscribed = true;
      resolve();
    });
  });
  // What fails later shows in events that are missing.
  subscribed.catch(() => {});
  await subscribed;
  return socket;
}

function note(payout: string, seen: Set<string>): void {
  if (seen.has(payout)) collected.repeats += 1;
  seen.add(payout);
  collected.events += 1;
  collected.lastAt = nowMs();
  if (!collected.arrivals.has(payout)) collected.arrivals.set(payout, collected.lastAt);
  if (collected.events === expected) allCame();
}

serveCalls({
  connect: async (plan: SubscriberPlan) => {
    for (let first = 0; first < plan.count; first += connectingAtOnce) {
      const count = Math.min(connectingAtOnce, plan.count - first);
      sockets.push(...(await Promise.all(Array.from({ length: count }, (_, index) => open(plan, first + index)))));
    }
  },
  expect: (events: number) => {
    expected = events;
    collected = nothing();
  },
  /** What came, once all of it has, or when the time is over. */
  collected: async (timeoutMs: number): Promise<Collected> => {
    if (collected.events < expected) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, timeoutMs);
        allCame = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    return collected;
  },
  disconnect: async () => {
    const closing = sockets;
    sockets = [];
    await Promise.all(
      closing.map(async (socket) => {
        const closed = once(socket, "close");
        socket.terminate();
        await closed;
      }),
    );
  },
});

// Waits until nothing moves any more, or until it should long have ended: the checks tell what is left.

import { setTimeout as sleep } from "node:timers/promises";
import type { Sandbox } from "../../src/sandbox/sandbox.js";
import { checkLastWords, isDisputed, mayWait, openIntents } from "./check-history.js";
import { ask } from "./clients.js";
import type { Cluster } from "./cluster.js";
import { providerCustomersOf } from "./evidence.js";
import type { History } from "./history.js";
import type { Plan } from "./plan.js";
import { holdsPayoutsUp } from "./provider-faults.js";
import type { StateReader, StoredState } from "./stored-state.js";
import type { Subscriber } from "./subscriber.js";
import type { WebhookRelay } from "./webhook-relay.js";

export interface SettlingParts {
  plan: Plan;
  cluster: Cluster;
  provider: Sandbox;
  relay: WebhookRelay;
  history: History;
  state: StateReader;
  subscribers: readonly Subscriber[];
}

// A machine with much else to do must not fail a schedule: these bounds are met by what never ends.
export const answerWithinMs = 60_000;
const settleWithinMs = 90_000;
const wholeWindowMs = 65_000;

export class Settling {
  readonly #parts: SettlingParts;

  constructor(parts: SettlingParts) {
    this.#parts = parts;
  }

  /** Answers how long it took. */
  async wait(): Promise<number> {
    const { plan, history } = this.#parts;
    const startedMs = history.nowMs;
    let stillSince = 0;
    const faults = [...plan.providerFaults, ...plan.payments.flatMap((payment) => payment.faults)];
    const withinMs = settleWithinMs + (faults.some(holdsPayoutsUp) ? wholeWindowMs : 0);
    while (history.nowMs - startedMs < withinMs) {
      if (!(await this.#isStill())) stillSince = 0;
      else if (stillSince === 0) stillSince = history.nowMs;
      else if (history.nowMs - stillSince >= 150) break;
      await sleep(100);
    }
    return history.nowMs - startedMs;
  }

  /** What the provider's log of deliveries brings late changes nothing any more, and has to be applied all the same. */
  async stored(): Promise<StoredState> {
    const { history, state } = this.#parts;
    const untilMs = history.nowMs + answerWithinMs;
    for (;;) {
      const stored = await state.read();
      if (this.#hasSettled(stored) || history.nowMs > untilMs) return stored;
      await sleep(50);
    }
  }

  async #isStill(): Promise<boolean> {
    const { relay, state, cluster } = this.#parts;
    if (relay.underWay > 0 || !this.#areBooksClosed()) return false;
    const stored = await state.read();
    if (cluster.failure) throw cluster.failure;
    return (
      this.#hasSettled(stored) &&
      this.#agrees(stored) &&
      (await this.#agreesOnCustomers(stored)) &&
      (await this.#haveAllRead(stored))
    );
  }

  #hasSettled(stored: StoredState): boolean {
    const { plan } = this.#parts;
    const mayEventsWait = mayWait(plan, stored);
    // What was not even tried yet is not what nobody can place, unless it stands in line behind that.
    const unplaced = new Set(
      stored.inbox.filter(({ attempts }) => mayEventsWait && attempts > 0).map(({ subject }) => subject),
    );
    const isComing = ({ state, subject, reason }: StoredState["inbox"][0]) =>
      state === "RECEIVED" && !unplaced.has(subject) && !isDisputed(reason);
    return !stored.inbox.some(isComing) && openIntents(plan, stored).length === 0;
  }

  #areBooksClosed(): boolean {
    const books = this.#parts.provider.transactions();
    return books.every(
      ({ status, note }) => status === "FAILED" || (status === "SUCCESSFUL" && !note.includes("test-returned")),
    );
  }

  #agrees(stored: StoredState): boolean {
    const { plan, provider } = this.#parts;
    return checkLastWords({ plan, books: provider.transactions(), stored }).length === 0;
  }

  async #agreesOnCustomers({ customers }: StoredState): Promise<boolean> {
    const { provider, history } = this.#parts;
    const known = new Map(customers.map(({ id, status }) => [id, status]));
    const made = await providerCustomersOf(provider, emailsOf(history));
    return made.every(({ id, status }) => status === "VERIFIED" && known.get(id) === status);
  }

  async #haveAllRead({ log }: StoredState): Promise<boolean> {
    const head = log.at(-1)?.position ?? 0;
    const cursor = await askAny(this.#parts.cluster, "{ statusCursor }", (data) => data.statusCursor as string);
    return head > 0 && this.#parts.subscribers.every(({ lastCursor }) => lastCursor === cursor);
  }
}

export function emailsOf(history: History): string[] {
  return [...new Set(history.customerCalls.map(({ email }) => email))];
}

/** Asks whichever node answers. */
// biome-ignore lint/suspicious/noExplicitAny: an answer of whatever shape was asked for
export async function askAny<T>(cluster: Cluster, query: string, read: (data: any) => T): Promise<T> {
  const deadline = AbortSignal.timeout(answerWithinMs);
  for (let turn = 0; ; turn += 1) {
    const live = cluster.live();
    const node = live[turn % Math.max(1, live.length)];
    try {
      if (node) return read((await ask(node.url, query, {}, 3_000)).data);
    } catch (error) {
      if (deadline.aborted) throw error;
    }
    if (deadline.aborted) throw new Error(`Nobody answers ${query}`);
    await sleep(50);
  }
}

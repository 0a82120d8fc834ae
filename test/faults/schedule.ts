// What a plan decides, carried out: everybody acts at their moments, then the faults end and everybody asks once more.

import { setTimeout as sleep } from "node:timers/promises";
import type { Sandbox, SandboxFault } from "../../src/sandbox/sandbox.js";
import { checkHistory } from "./check-history.js";
import { countUnavailable } from "./check-money.js";
import { type ClientParts, makeCustomer, pay } from "./clients.js";
import type { Cluster } from "./cluster.js";
import { type Evidence, providerCustomersOf, readLog, requestsOfNodes } from "./evidence.js";
import type { History } from "./history.js";
import { askAgain } from "./last-answers.js";
import type { Payment, Plan } from "./plan.js";
import type { ProviderFault } from "./provider-faults.js";
import { answerWithinMs, askAny, emailsOf, Settling } from "./settling.js";
import type { Store } from "./stores.js";
import { readStrikes } from "./strikes.js";
import { Subscriber } from "./subscriber.js";
import type { WebhookRelay } from "./webhook-relay.js";

export interface Verdict {
  violations: string[];
  history: History;
  tookMs: number;
  settledMs: number;
}

export interface ScheduleParts {
  plan: Plan;
  cluster: Cluster;
  provider: Sandbox;
  relay: WebhookRelay;
  history: History;
  store: Store;
}

export class Schedule {
  readonly #parts: ScheduleParts;
  readonly #clients: ClientParts;
  readonly #planned = new Map<SandboxFault, ProviderFault>();
  #subscribers: Subscriber[] = [];
  #beganMs = 0;

  constructor(parts: ScheduleParts) {
    this.#parts = parts;
    const { plan, cluster, history } = parts;
    const untilMs = () => this.#beganMs + plan.activeMs + answerWithinMs;
    this.#clients = { cluster, history, random: plan.clients, untilMs };
  }

  async play(): Promise<Verdict> {
    const { plan, cluster, history, relay, store } = this.#parts;
    const logStart = await askAny(cluster, "{ statusCursor }", ({ statusCursor }) => statusCursor as string);
    this.#subscribers = plan.subscribers.map(() => new Subscriber(cluster, history, plan.clients.fork(), logStart));
    const payer = await this.#verifiedCustomer();
    if (plan.hasHealthyStart) await pay(this.#clients, this.#healthyPayment(), payer);

    relay.isHonest = false;
    this.#beganMs = history.nowMs;
    const unleashed = this.#unleash();
    const violations: string[] = [];
    const acting = [this.#pay(payer, violations), this.#makeCustomers(violations)];
    await unleashed;
    await this.#calm();
    await Promise.all(acting);
    const settling = new Settling({ ...this.#parts, state: store.state, subscribers: this.#subscribers });
    const settledMs = await settling.wait();

    // Everybody asks once more, now that everything is known.
    violations.push(...(await askAgain({ ...this.#parts, clients: this.#clients, payer, state: store.state })));
    const evidence = await this.#gather(logStart, settling);
    violations.push(...checkHistory(evidence));
    const unavailable = countUnavailable(plan, history);
    if (unavailable > 0) history.count("SERVICE_UNAVAILABLE without a cause", unavailable);
    return { violations, history, tookMs: history.nowMs, settledMs };
  }

  async close(): Promise<void> {
    await Promise.all(this.#subscribers.map((subscriber) => subscriber.stop()));
    await this.#parts.store.state.close();
  }

  async #pay(payer: string, violations: string[]): Promise<void> {
    const { payments } = this.#parts.plan;
    await Promise.all(
      payments.map(async (payment) => {
        await this.#until(payment.atMs);
        for (const fault of payment.faults) this.#script(fault);
        if (!(await pay(this.#clients, payment, payer))) violations.push(`${payment.key} never got an answer`);
      }),
    );
  }

  async #makeCustomers(violations: string[]): Promise<void> {
    const { customers } = this.#parts.plan;
    await Promise.all(
      customers.map(async (customer) => {
        await this.#until(customer.atMs);
        for (const fault of customer.faults) this.#script(fault);
        if ((await makeCustomer(this.#clients, customer)) === null) violations.push(`${customer.key} was never made`);
      }),
    );
  }

  #script(fault: ProviderFault): void {
    const { provider } = this.#parts;
    const scripted = fault.toFault(provider.transactions());
    this.#planned.set(scripted, fault);
    provider.failNext(scripted);
  }

  #healthyPayment(): Payment {
    const key = `h${this.#parts.plan.seed}`;
    return {
      key,
      atMs: 0,
      note: key,
      destination: "ngnBank",
      amount: { send: "5000.00" },
      faults: [],
      patienceMs: 4_000,
    };
  }

  async #verifiedCustomer(): Promise<string> {
    const { plan, cluster } = this.#parts;
    const email = `payer+pre-verified.${plan.seed}@example.com`;
    const id = await makeCustomer(this.#clients, {
      key: `p${plan.seed}`,
      atMs: 0,
      email,
      faults: [],
      patienceMs: 4_000,
    });
    if (id === null) throw new Error("The customer of the schedule could not be made.");
    for (;;) {
      const status = await askAny(cluster, `{ customer(id: "${id}") { status } }`, ({ customer }) => customer.status);
      if (status === "VERIFIED") return id;
      await sleep(20);
    }
  }

  /** Everything that the plan has against the gateway, each at its moment. */
  async #unleash(): Promise<void> {
    const { plan, cluster, history, store } = this.#parts;
    const processes = () => cluster.processes();
    if (plan.crashAtFirst) await cluster.end({ node: 0, how: "stop", awayMs: 0, atMs: 0, crashAt: plan.crashAtFirst });
    const each = <T extends { atMs: number }>(items: readonly T[], act: (item: T) => unknown) =>
      items.map(async (item) => {
        await this.#until(item.atMs);
        await act(item);
      });
    await Promise.all([
      ...each(plan.providerFaults, (fault) => this.#script(fault)),
      ...each(plan.endings, (ending) => cluster.end(ending)),
      ...each(plan.pauses, (pause) => cluster.pause(pause)),
      ...each(plan.clockSteps, (step) => {
        history.count("clock set");
        cluster.setClock(step);
      }),
      ...each(plan.databaseFaults, async ({ trouble, forMs }) => {
        history.count(trouble);
        await store.trouble(trouble, processes);
        await sleep(forMs);
        await store.mend(processes);
      }),
      ...plan.subscribers.flatMap(({ breaksAtMs }, index) =>
        each(
          breaksAtMs.map((atMs) => ({ atMs })),
          () => this.#subscribers[index]?.breakOff(),
        ),
      ),
      this.#until(plan.activeMs),
    ]);
  }

  async #calm(): Promise<void> {
    const { plan, cluster, provider, relay } = this.#parts;
    await fetch(`${provider.url}/_sandbox/faults`, { method: "DELETE" });
    relay.isHonest = true;
    // Beside a file nobody else knows the time. Beside PostgreSQL a wrong clock changes nothing.
    if (plan.store === "sqlite") cluster.setClock({ node: 0, shiftMs: 0 });
    await cluster.settled();
  }

  async #gather(logStart: string, settling: Settling): Promise<Evidence> {
    const { plan, cluster, provider, history } = this.#parts;
    const [live] = cluster.live();
    if (!live) throw new Error("No node serves at the end.");
    return {
      plan,
      history,
      strikes: readStrikes(plan, provider, this.#planned, history),
      books: provider.transactions(),
      providerCustomers: await providerCustomersOf(provider, emailsOf(history)),
      requestsAt: requestsOfNodes(provider).map(({ at }) => at.getTime()),
      stored: await settling.stored(),
      log: await readLog(live.url, logStart),
      logStart,
    };
  }

  async #until(atMs: number): Promise<void> {
    await sleep(Math.max(0, this.#beganMs + atMs - this.#parts.history.nowMs));
  }
}

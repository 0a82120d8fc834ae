// One schedule from its first request to its verdict.

import { setTimeout as sleep } from "node:timers/promises";
import { type Sandbox, startSandbox } from "../../src/sandbox/sandbox.js";
import { bookedBy, checkHistory, checkLastWords, mayWait, openIntents } from "./check-history.js";
import { ask, type ClientParts, callPayout, makeCustomer, pay } from "./clients.js";
import { Cluster } from "./cluster.js";
import { type Evidence, providerCustomersOf, readLog, requestsOfNodes } from "./evidence.js";
import { History } from "./history.js";
import type { NodePool } from "./node-pool.js";
import type { Payment, Plan } from "./plan.js";
import { holdsPayoutsUp } from "./provider-faults.js";
import type { StateReader, StoredState } from "./stored-state.js";
import { Subscriber } from "./subscriber.js";
import { WebhookRelay } from "./webhook-relay.js";

/** Where the nodes of one schedule keep what they share. */
export interface Store {
  environment: Record<string, string>;
  state: StateReader;
  logFile: (node: number) => string;
}

export interface Verdict {
  violations: string[];
  history: History;
  tookMs: number;
  settledMs: number;
}

const patience = { absenceGapMs: 300, answerWithinMs: 2_500 };
// A machine with much else to do must not fail a schedule: these bounds are met by what never ends.
const answerWithinMs = 60_000;
const settleWithinMs = 90_000;

export async function playSchedule(plan: Plan, pool: NodePool, store: Store): Promise<Verdict> {
  const history = new History();
  const relay: WebhookRelay = new WebhookRelay({ random: plan.webhooks, cluster: () => cluster, history });
  const provider = await startSandbox({
    port: 0,
    stateFile: ":memory:",
    webhookUrl: await relay.listen(),
    reviewDelayMs: 60,
    payoutStepDelayMs: 120,
    retryScheduleMs: [100, 200, 400, 800, 1_600, 1_600, 1_600, 1_600, 1_600],
    webhookTimeoutMs: 6_000,
    rateLimit: { perMinute: 1_000_000, perHour: 1_000_000 },
    keepsMerchantReference: plan.keepsMerchantReference,
  });
  const cluster = new Cluster({
    nodes: plan.nodes,
    pool,
    environment: { ...environmentFor(plan, provider), ...store.environment },
    patience,
    logFile: store.logFile,
    history,
  });
  const schedule = new Schedule(plan, cluster, provider, relay, history, store.state);
  try {
    relay.isHonest = true;
    await cluster.start(null);
    return await schedule.play();
  } finally {
    await cluster.close();
    await schedule.close();
    await relay.close();
    await provider.stop();
  }
}

function environmentFor(plan: Plan, provider: Sandbox): Record<string, string> {
  return {
    PORT: "0",
    AUTH_DISABLED: "true",
    PROVIDER_URL: provider.url,
    PROVIDER_CLIENT_ID: provider.clientId,
    PROVIDER_CLIENT_SECRET: provider.clientSecret,
    WEBHOOK_SIGNING_SECRET: provider.signingSecret,
    PROVIDER_TIMEOUT_MS: "1000",
    PROVIDER_RATE_LIMIT: plan.rateLimit,
    RECONCILE_SECONDS: "1",
  };
}

class Schedule {
  readonly #plan: Plan;
  readonly #cluster: Cluster;
  readonly #provider: Sandbox;
  readonly #relay: WebhookRelay;
  readonly #history: History;
  readonly #state: StateReader;
  readonly #clients: ClientParts;
  #subscribers: Subscriber[] = [];
  #beganMs = 0;

  constructor(
    plan: Plan,
    cluster: Cluster,
    provider: Sandbox,
    relay: WebhookRelay,
    history: History,
    state: StateReader,
  ) {
    this.#plan = plan;
    this.#cluster = cluster;
    this.#provider = provider;
    this.#relay = relay;
    this.#history = history;
    this.#state = state;
    const untilMs = () => this.#beganMs + this.#plan.activeMs + answerWithinMs;
    this.#clients = { cluster, history, random: plan.clients, untilMs };
  }

  async play(): Promise<Verdict> {
    const { payments, customers, hasHealthyStart } = this.#plan;
    const logStart = await this.#askAny("{ statusCursor }", ({ statusCursor }) => statusCursor as string);
    this.#subscribers = this.#plan.subscribers.map(
      () => new Subscriber(this.#cluster, this.#history, this.#plan.clients.fork(), logStart),
    );
    const payer = await this.#verifiedCustomer();
    if (hasHealthyStart) await pay(this.#clients, this.#healthyPayment(), payer);

    this.#relay.isHonest = false;
    this.#beganMs = this.#history.nowMs;
    const unleashed = this.#unleash();
    const violations: string[] = [];
    const paying = payments.map(async (payment) => {
      await this.#until(payment.atMs);
      if (!(await pay(this.#clients, payment, payer))) violations.push(`${payment.key} never got an answer`);
    });
    const making = customers.map(async (customer) => {
      await this.#until(customer.atMs);
      if ((await makeCustomer(this.#clients, customer)) === null) violations.push(`${customer.key} was never made`);
    });
    await unleashed;
    await this.#calm();
    await Promise.all([...paying, ...making]);
    const settledMs = await this.#settle();

    // Everybody asks once more, now that everything is known.
    await Promise.all(unique(payments).map((payment) => this.#askAgain(payment, payer, violations)));
    const evidence = await this.#gather(logStart);
    violations.push(...checkHistory(evidence));
    return { violations, history: this.#history, tookMs: this.#history.nowMs, settledMs };
  }

  async close(): Promise<void> {
    await Promise.all(this.#subscribers.map((subscriber) => subscriber.stop()));
    await this.#state.close();
  }

  #healthyPayment(): Payment {
    const key = `h${this.#plan.seed}`;
    return { key, atMs: 0, note: key, destination: "ngnBank", patienceMs: 4_000 };
  }

  async #verifiedCustomer(): Promise<string> {
    const email = `payer+pre-verified.${this.#plan.seed}@example.com`;
    const customer = { key: `p${this.#plan.seed}`, atMs: 0, email, patienceMs: 4_000 };
    const id = await makeCustomer(this.#clients, customer);
    if (id === null) throw new Error("The customer of the schedule could not be made.");
    for (;;) {
      const status = await this.#askAny(`{ customer(id: "${id}") { status } }`, ({ customer }) => customer.status);
      if (status === "VERIFIED") return id;
      await sleep(20);
    }
  }

  /** Everything that the plan has against the gateway, each at its moment. */
  async #unleash(): Promise<void> {
    const { providerFaults, endings, subscribers, crashAtFirst, activeMs } = this.#plan;
    if (crashAtFirst) await this.#cluster.end({ node: 0, how: "stop", awayMs: 0, atMs: 0, crashAt: crashAtFirst });
    await Promise.all([
      ...providerFaults.map(async ({ atMs, name, fault }) => {
        await this.#until(atMs);
        this.#provider.failNext(fault);
        this.#history.count(name);
      }),
      ...endings.map(async (ending) => {
        await this.#until(ending.atMs);
        await this.#cluster.end(ending);
      }),
      ...subscribers.flatMap(({ breaksAtMs }, index) =>
        breaksAtMs.map(async (atMs) => {
          await this.#until(atMs);
          this.#subscribers[index]?.breakOff();
        }),
      ),
      this.#until(activeMs),
    ]);
  }

  async #calm(): Promise<void> {
    await fetch(`${this.#provider.url}/_sandbox/faults`, { method: "DELETE" });
    this.#relay.isHonest = true;
    await this.#cluster.settled();
  }

  /** Ends when nothing moves any more, or when it should long have ended: the checks tell what is left. */
  async #settle(): Promise<number> {
    const startedMs = this.#history.nowMs;
    let stillSince = 0;
    const withinMs = settleWithinMs + (this.#plan.providerFaults.some(holdsPayoutsUp) ? 65_000 : 0);
    while (this.#history.nowMs - startedMs < withinMs) {
      if (!(await this.#isStill())) stillSince = 0;
      else if (stillSince === 0) stillSince = this.#history.nowMs;
      else if (this.#history.nowMs - stillSince >= 150) break;
      await sleep(75);
    }
    return this.#history.nowMs - startedMs;
  }

  async #isStill(): Promise<boolean> {
    if (this.#relay.underWay > 0) return false;
    const stored = await this.#state.read();
    if (this.#cluster.failure) throw this.#cluster.failure;
    return (
      this.#hasSettled(stored) &&
      this.#agrees(stored) &&
      (await this.#agreesOnCustomers(stored)) &&
      (await this.#haveAllRead(stored))
    );
  }

  #hasSettled(stored: StoredState): boolean {
    const { inbox } = stored;
    const mayEventsWait = mayWait(this.#plan, stored);
    // What was not even tried yet is not what nobody can place, unless it stands in line behind that.
    const unplaced = new Set(
      inbox.filter(({ attempts }) => mayEventsWait && attempts > 0).map(({ subject }) => subject),
    );
    const isComing = ({ state, subject }: StoredState["inbox"][0]) => state === "RECEIVED" && !unplaced.has(subject);
    return !inbox.some(isComing) && openIntents(this.#plan, stored).length === 0;
  }

  #agrees(stored: StoredState): boolean {
    const books = this.#provider.transactions();
    const isOver = books.every(
      ({ status, note }) => status === "FAILED" || (status === "SUCCESSFUL" && !note.includes("test-returned")),
    );
    return isOver && checkLastWords({ plan: this.#plan, books, stored }).length === 0;
  }

  async #agreesOnCustomers({ customers }: StoredState): Promise<boolean> {
    const known = new Map(customers.map(({ id, status }) => [id, status]));
    const made = await providerCustomersOf(this.#provider, this.#emails());
    return made.every(({ id, status }) => status === "VERIFIED" && known.get(id) === status);
  }

  #emails(): string[] {
    return [...new Set(this.#history.customerCalls.map(({ email }) => email))];
  }

  async #haveAllRead({ log }: StoredState): Promise<boolean> {
    const head = log.at(-1)?.position ?? 0;
    const cursor = await this.#askAny("{ statusCursor }", ({ statusCursor }) => statusCursor as string);
    return head > 0 && this.#subscribers.every(({ lastCursor }) => lastCursor === cursor);
  }

  async #askAgain(payment: Payment, payer: string, violations: string[]): Promise<void> {
    const calm = { ...payment, patienceMs: 10_000 };
    const outcome = await callPayout(this.#clients, calm, payer);
    if (outcome?.kind === "refused") return;
    if (outcome?.kind !== "answered") {
      violations.push(`${payment.key}, asked again at the end, was answered with ${JSON.stringify(outcome)}`);
      return;
    }
    if (!outcome.isReplay) violations.push(`${payment.key} was no replay at the end`);
    const [booked] = bookedBy(this.#provider.transactions(), payment.key);
    const isHonest = outcome.status === "UNCONFIRMED" || outcome.status === (booked?.status ?? "FAILED");
    if (!isHonest) {
      violations.push(
        `${payment.key} was answered as ${outcome.status} and is booked as ${booked?.status ?? "nothing"}`,
      );
    }
  }

  async #gather(logStart: string): Promise<Evidence> {
    const [live] = this.#cluster.live();
    if (!live) throw new Error("No node serves at the end.");
    return {
      plan: this.#plan,
      history: this.#history,
      books: this.#provider.transactions(),
      providerCustomers: await providerCustomersOf(this.#provider, this.#emails()),
      requestsAt: requestsOfNodes(this.#provider).map(({ at }) => at.getTime()),
      stored: await this.#settledState(),
      log: await readLog(live.url, logStart),
      logStart,
    };
  }

  /** What the provider's log of deliveries brings late changes nothing any more, and has to be applied all the same. */
  async #settledState(): Promise<StoredState> {
    const untilMs = this.#history.nowMs + answerWithinMs;
    for (;;) {
      const stored = await this.#state.read();
      if (this.#hasSettled(stored) || this.#history.nowMs > untilMs) return stored;
      await sleep(50);
    }
  }

  // biome-ignore lint/suspicious/noExplicitAny: an answer of whatever shape was asked for
  async #askAny<T>(query: string, read: (data: any) => T): Promise<T> {
    const deadline = AbortSignal.timeout(15_000);
    for (;;) {
      const [live] = this.#cluster.live();
      try {
        if (live) return read((await ask(live.url, query, {}, 3_000)).data);
      } catch (error) {
        if (deadline.aborted) throw error;
      }
      if (deadline.aborted) throw new Error(`Nobody answers ${query}`);
      await sleep(50);
    }
  }

  async #until(atMs: number): Promise<void> {
    await sleep(Math.max(0, this.#beganMs + atMs - this.#history.nowMs));
  }
}

function unique(payments: readonly Payment[]): Payment[] {
  return [...new Map(payments.map((payment) => [payment.key, payment])).values()];
}

// Leads two real nodes, the simulated provider and a caller through a history of the model, over the wire, and compares
// what they come to with the model after every step.

import { type Sandbox, startSandbox } from "../../src/sandbox/sandbox.js";
import { toPayoutWebhook } from "../../src/sandbox/webhook-bodies.js";
import type { Database } from "../../src/store/database.js";
import { intentOfPayout } from "../../src/store/intent.queries.js";
import { resolvePayout } from "../support/disputed-payouts.js";
import { eventually } from "../support/eventually.js";
import { knowing } from "../support/provider-and-nodes.js";
import { deliver } from "../support/signed-webhooks.js";
import { startTestGateway, type TestGateway } from "../support/start-test-gateway.js";
import { unique } from "../support/test-client.js";
import { Gate, type HeldRequest, type Reply } from "./gate.js";
import { product, resultOfKey } from "./machine.js";
import { answerIn } from "./node-steps.js";
import { absent, type HistoryStep, isAtRest } from "./random-history.js";
import { answerSending, type Draw, readLookUp } from "./wire-answers.js";
import type { LookUpAnswer, Response, World } from "./world.js";

/** As in the model, the window is three gaps long. */
const patience = { absenceGapMs: 300, lateAcceptanceMs: 900, circuitOpenMs: 0 };
const providerTimeoutMs = 2_500;
/** A lease of a node that was stopped has to run out. */
const longestStepMs = 25_000;

export interface Replayed {
  database: Database;
  url: string;
  hasReferences: boolean;
  draw: Draw;
}

interface Node {
  gate: Gate;
  running: TestGateway;
}

export class Replay {
  readonly #options: Replayed;
  readonly #provider: Sandbox;
  readonly #nodes: Node[] = [];
  readonly #input: Record<string, unknown> = { idempotencyKey: unique("key"), note: "test-webhook-lost" };
  /** Requests that wait for their answers, oldest first. */
  readonly #held: HeldRequest[] = [];
  /** Those that no node waits for any more. */
  readonly #orphans: HeldRequest[] = [];
  #lookUp: { held: HeldRequest; reply: Reply } | null = null;
  #payoutId = "";
  #sendings = 0;

  private constructor(options: Replayed, provider: Sandbox) {
    this.#options = options;
    this.#provider = provider;
  }

  static async run(options: Replayed, history: readonly HistoryStep[]): Promise<void> {
    const provider = await startSandbox({
      port: 0,
      stateFile: ":memory:",
      reviewDelayMs: 20,
      payoutStepDelayMs: 3_600_000,
      rateLimit: { perMinute: 1_000_000, perHour: 1_000_000 },
      keepsMerchantReference: options.hasReferences,
    });
    const replay = new Replay(options, provider);
    try {
      await replay.#begin();
      await replay.#play(history);
    } finally {
      await replay.#end();
    }
  }

  async #begin(): Promise<void> {
    for (const _ of ["A", "B"]) {
      const gate = await Gate.open(this.#provider.url);
      this.#nodes.push({ gate, running: await this.#startNode(gate) });
    }
    const { client, gateway } = this.#running;
    this.#provider.setWebhookUrl(`${gateway.url}/webhooks`);
    const { id: customerId } = await client.verifiedCustomer();
    this.#input.customerId = customerId;
    if (this.#options.hasReferences) {
      await client.createPayout({ customerId, note: "test-webhook-lost" });
      await eventually(async () => this.#provider.received("GET /transaction/{id}").length > 0);
    }
    for (const { gate } of this.#nodes) {
      gate.onHeld = (held) => {
        this.#held.push(held);
        if (!held.isLookUp) this.#sendings += 1;
      };
    }
    // Its node may be stopped before it returns.
    void (this.#nodes[0] as Node).running.client.createPayout(this.#input).catch(() => {});
    this.#payoutId = await eventually(async () => {
      const { payoutByIdempotencyKey: payout } = await client.run(
        "query ($key: ID!) { payoutByIdempotencyKey(idempotencyKey: $key) { id } }",
        { key: this.#input.idempotencyKey },
      );
      return payout?.id as string | undefined;
    });
  }

  #startNode({ url }: Gate): Promise<TestGateway> {
    const config = { ...knowing({ ...this.#provider, url }), databaseUrl: this.#options.url };
    return startTestGateway({ config: { ...config, providerTimeoutMs, shutdownTimeoutMs: 300 }, patience });
  }

  async #end(): Promise<void> {
    for (const held of this.#held) held.reset();
    for (const { running, gate } of this.#nodes) {
      await running.stop();
      await gate.close();
    }
    await this.#provider.stop();
  }

  get #running(): TestGateway {
    return (this.#nodes[1] as Node).running;
  }

  async #play(history: readonly HistoryStep[]): Promise<void> {
    let index = 0;
    try {
      for (; index < history.length; index += 1) {
        const step = history[index] as HistoryStep;
        if (absent.test(step.sentence)) index = await this.#proveAbsence(history, index);
        else await this.#take(step);
      }
      const last = history.at(-1)?.after;
      if (last && isAtRest(last)) await this.#checkEnd(last);
    } catch (error) {
      const lines = history.slice(0, index + 1).map(({ sentence }) => `  ${sentence}`);
      throw new Error(`${(error as Error).message}\n${lines.join("\n")}`, { cause: error });
    }
  }

  async #take({ sentence, before, after }: HistoryStep): Promise<void> {
    for (const [pattern, play] of this.#plays) if (pattern.test(sentence)) await play(sentence, before, after);
    this.#orphans.splice(after.orphans.length);
    if (isComparable(after)) await this.#agree(after);
  }

  /** What a sentence of the model is over the wire. What is missing here the gateway does by itself. */
  readonly #plays: readonly [RegExp, (sentence: string, before: World, after: World) => Promise<unknown>][] = [
    [/sends POST/, () => this.#expect(false)],
    [/the provider (accepts|does not accept) node/, (sentence, before) => this.#answer(sentence, before)],
    [/stops waiting/, async () => this.#orphans.push(this.#let(await this.#expect(false)))],
    [/crashes/, () => this.#crash()],
    [/looks the payout up/, (sentence) => this.#ask(sentence)],
    [/records the answer/, async () => this.#answerLookUp()],
    [/accepts a request that nobody waits for/, async () => this.#orphans.shift()?.forward()],
    [/the provider moves the payment to/, (_sentence, _before, after) => this.#move(after)],
    [/a webhook reports/, (sentence) => this.#report(sentence)],
    [/an operator decides/, (sentence) => this.#resolve(/: sent/.test(sentence))],
  ];

  /** The next request that is held. It stays there until it is answered. */
  #expect(isLookUp: boolean): Promise<HeldRequest> {
    return within(async () => this.#held.find((held) => held.isLookUp === isLookUp && !held.isGone));
  }

  #let(held: HeldRequest): HeldRequest {
    this.#held.splice(this.#held.indexOf(held), 1);
    return held;
  }

  async #answer(sentence: string, { payments }: World): Promise<void> {
    const held = this.#let(await this.#expect(false));
    const isAccepted = / accepts node/.test(sentence);
    const accepted = isAccepted ? await held.forward() : null;
    if (accepted && accepted.status !== 200) throw new Error(`The sandbox did not accept it: ${accepted.body}`);
    const response = answerIn(sentence) as Response;
    // The provider's own words, where it has the payment already.
    const isDuplicate = response === "CONFLICT" && !isAccepted && payments > 0 && this.#options.hasReferences;
    if (isDuplicate) held.reply(await held.forward());
    else answerSending(held, response, accepted, this.#options.draw);
  }

  async #crash(): Promise<void> {
    const held = this.#let(await this.#expect(false));
    this.#orphans.push(held);
    const node = this.#nodes.find(({ gate }) => gate === held.gate) as Node;
    await node.running.stop();
    node.running = await this.#startNode(node.gate);
  }

  async #ask(sentence: string): Promise<void> {
    const held = this.#let(await this.#expect(true));
    this.#lookUp = { held, reply: await readLookUp(held, answerIn(sentence) as LookUpAnswer) };
  }

  #answerLookUp(): void {
    this.#lookUp?.held.reply(this.#lookUp.reply);
    this.#lookUp = null;
  }

  /** How many look-ups that takes is the clock's: each finds nothing until the gateway has come to its conclusion. */
  async #proveAbsence(history: readonly HistoryStep[], from: number): Promise<number> {
    const isConcluded = ({ after, sentence }: HistoryStep) =>
      /records the answer/.test(sentence) && after.life.intent !== "UNCONFIRMED";
    const last = history.findIndex((step, index) => index > from && isConcluded(step));
    await within(async () => {
      for (const held of this.#held.filter(({ isLookUp }) => isLookUp)) {
        this.#let(held).reply(await readLookUp(held, "ABSENT"));
      }
      return (await this.#read()).intent !== "UNCONFIRMED";
    });
    const { after } = history[last] as HistoryStep;
    this.#orphans.splice(after.orphans.length);
    await this.#agree(after);
    return last;
  }

  /** The payments for the key. The first payment of all has shown that references are found. */
  #booked() {
    return this.#provider.transactions().slice(this.#options.hasReferences ? 1 : 0);
  }

  async #move({ payment }: World): Promise<void> {
    const status = payment === "RETURNED" ? "FAILED" : payment;
    await fetch(`${this.#provider.url}/_sandbox/transactions/${this.#booked()[0]?.id}/status`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ status }),
    });
  }

  async #report(sentence: string): Promise<void> {
    const [payment] = this.#booked();
    if (!payment) throw new Error("The provider has no payment to report.");
    const status = /reports ([A-Z]+)/.exec(sentence)?.[1] as typeof payment.status;
    const body = toPayoutWebhook({ ...payment, status }, this.#options.hasReferences);
    const signer = { gateway: this.#running.gateway, secret: this.#provider.signingSecret };
    const { status: code } = await deliver(signer, { ...body, event_id: unique("event") });
    if (code !== 200) throw new Error(`The webhook was answered with ${code}.`);
  }

  async #resolve(isSent: boolean): Promise<void> {
    const decision = isSent ? { outcome: "SENT", transactionId: this.#booked()[0]?.id } : { outcome: "NOT_SENT" };
    const { userErrors } = await resolvePayout(this.#running.client, { payoutId: this.#payoutId, ...decision });
    if (userErrors.length > 0) throw new Error(JSON.stringify(userErrors));
  }

  async #read() {
    const { payout } = await this.#running.client.run(
      "query ($id: ID!) { payout(id: $id) { status transactionId amount { amount } } }",
      { id: this.#payoutId },
    );
    const intent = await intentOfPayout(this.#options.database.db, this.#payoutId);
    return { ...payout, intent: intent?.state as string };
  }

  async #agree({ life, permissions }: World): Promise<void> {
    // What is to be sent may be on its way already.
    const intentOf = (intent: string) => (intent === "SENDING" && life.intent === "OPEN" ? "OPEN" : intent);
    const toText = (status: string, intent: string, transaction: string | null) =>
      `${status}, intent ${intent}, ${transaction ? "with" : "without"} a transaction`;
    const wanted = toText(life.status, life.intent, life.transactionId);
    let seen = "";
    await within(async () => {
      const { status, intent, transactionId } = await this.#read();
      seen = toText(status, intentOf(intent), transactionId);
      return seen === wanted;
    }).catch(() => {
      throw new Error(`The model comes to ${wanted}; the gateway to ${seen}.`);
    });
    const mostSendings = life.intent === "OPEN" ? permissions + 1 : permissions;
    if (this.#sendings > mostSendings) throw new Error(`Sent ${this.#sendings} times, in the model ${permissions}.`);
  }

  async #checkEnd({ life, payments }: World): Promise<void> {
    const { length } = this.#booked();
    if (length !== payments) throw new Error(`The provider booked ${length}, the model ${payments}.`);
    const { amount } = await this.#read();
    if (amount && Number(amount.amount) !== 5000) throw new Error(`The amount became ${amount.amount}.`);
    if (life.intent === "OPEN" || life.intent === "SENDING") return;
    const { payout, userErrors } = await this.#running.client.createPayout(this.#input);
    const result = userErrors.length > 0 && payout === null ? "a rejection" : payout?.status;
    const wanted = resultOfKey(product, life);
    if (result !== wanted) throw new Error(`The key returns ${result}, and by the model ${wanted}.`);
  }
}

/** Only when no node is about to do something by itself. A node that is stopped records that its request was cut off. */
function isComparable(world: World): boolean {
  const isLost = world.life.intent === "SENDING" && world.nodes.every(({ place }) => place !== "SENT");
  return isAtRest(world) && !isLost;
}

async function within<T>(ask: () => Promise<T | undefined | false>): Promise<T> {
  const endAt = performance.now() + longestStepMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined && answer !== false) return answer;
    if (performance.now() > endAt) throw new Error(`It did not come within ${longestStepMs} ms.`);
    await new Promise((resolve) => setTimeout(resolve, 15));
  }
}

// What happens around the nodes: the provider, the network, webhooks, callers, operators and time.

import { isOpen } from "../../src/domain/payout-life.js";
import { rules } from "./accounts.js";
import type { Machine } from "./machine.js";
import { describeAnswer, type Emit, nodeSteps, responded, type Setting } from "./node-steps.js";
import { applyOtherWebhook, applyReporter, applyWebhook, type NodeIndex, resolve, withNode } from "./transitions.js";
import {
  firstWorld,
  idle,
  type Orphan,
  type PaymentStatus,
  passed,
  type Response,
  type World,
  wordOf,
} from "./world.js";

export function eachStep(setting: Setting, world: World, emit: Emit): void {
  nodeSteps(setting, world, 0, emit);
  nodeSteps(setting, world, 1, emit);
  receive(setting, world, 0, emit);
  receive(setting, world, 1, emit);
  receiveLate(setting, world, emit);
  moveOn(setting, world, emit);
  report(setting, world, emit);
  people(setting, world, emit);
  if (setting.machine.readsNodeClock && world.skew === 0) emit("node B's clock steps ahead", { ...world, skew: 3 });
  emit("time passes", tick(setting, world));
}

/** Responses to a request that the provider has accepted: the true ones, and what a proxy makes of them. */
const afterAcceptance: readonly Response[] = [
  "ACCEPTED",
  "ACCEPTED_UNKNOWN_WORD",
  "MISMATCH",
  "OTHER_REJECTION",
  "CONFLICT",
  "UNKNOWN",
];
const withoutAcceptance: readonly Response[] = [
  "REJECTED",
  "OTHER_REJECTION",
  "FORBIDDEN",
  "RATE_LIMITED",
  "CONFLICT",
  "UNKNOWN",
];

function receive({ account, machine }: Setting, world: World, node: NodeIndex, emit: Emit): void {
  const { place, sinceAt, isDelayed } = world.nodes[node];
  if (place !== "SENT") return;
  const answered = (answer: Response) => withNode(world, node, responded(answer));
  for (const answer of withoutAcceptance) {
    emit(rejections[node]?.[answer] as string, { ...world, nodes: answered(answer) });
  }
  if (!accepts(world, account.hasReferences, machine.derivesReference)) return;
  const accepted = accept(world, { leftAt: sinceAt, isDelayed });
  for (const answer of afterAcceptance) {
    emit(acceptances[node]?.[answer] as string, { ...accepted, nodes: answered(answer) });
  }
}

/** A unique reference is accepted once. */
function accepts(world: World, hasReferences: boolean, isSameReference: boolean): boolean {
  return world.payments === 0 || !hasReferences || (!isSameReference && world.reference > 0);
}

function accept(world: World, { leftAt, isDelayed }: Orphan): World {
  if (world.payments > 0) return { ...world, payments: world.payments + 1 };
  return { ...world, payments: 1, payment: "PENDING", paymentAt: leftAt, isPaymentDelayed: isDelayed };
}

function receiveLate({ account, machine }: Setting, world: World, emit: Emit): void {
  for (const [index, orphan] of world.orphans.entries()) {
    const left = { ...world, orphans: world.orphans.filter((_, other) => other !== index) };
    emit("a request that nobody waits for is lost or rejected", left);
    if (!accepts(world, account.hasReferences, machine.derivesReference)) continue;
    emit("the provider accepts a request that nobody waits for", accept(left, orphan));
  }
}

const nextStatuses: Record<PaymentStatus, readonly PaymentStatus[]> = {
  PENDING: ["PROCESSING"],
  PROCESSING: ["SUCCESSFUL", "FAILED"],
  SUCCESSFUL: ["RETURNED"],
  FAILED: [],
  RETURNED: [],
};

function isFinal(payment: PaymentStatus): boolean {
  return payment !== "PENDING" && payment !== "PROCESSING";
}

function moveOn({ account }: Setting, world: World, emit: Emit): void {
  if (world.payments === 0) return;
  for (const payment of nextStatuses[world.payment]) {
    const isListed = world.isListed || (account.hasReferences && isFinal(payment));
    emit(`the provider moves the payment to ${payment}`, { ...world, payment, isListed });
  }
  if (world.isListed || !account.listsPending) return;
  emit("the provider lists the payment", { ...world, isListed: true });
}

function report(setting: Setting, world: World, emit: Emit): void {
  const { machine, account } = setting;
  const { life, reporter, payments, payment } = world;
  if (reporter !== null) emit(`the look-up by transaction brings ${reporter}`, applyReporter(machine, world));
  if (payments === 0) return;
  const isAsked = life.status === "PENDING" || life.status === "PROCESSING";
  if (isAsked && reporter === null) emit("reconciliation looks the transaction up", { ...world, reporter: payment });
  if (!isMatched(account.hasReferences, world)) return;
  // Without our reference or a known transaction, the handler looks the transaction up, and compares it with the order.
  const isByOrder = !account.hasReferences && life.transactionId === null;
  const known = isByOrder ? applyReporter(machine, { ...world, reporter: payment }) : world;
  const matched = isByOrder ? known : null;
  for (const status of passed[payment]) {
    emitSome(emit, `a webhook reports ${status}`, applyWebhook(machine, known, status) ?? matched);
    emitSome(emit, `a webhook reports ${status} and another amount`, applyOtherWebhook(machine, known, status));
  }
  if (world.hasLied || !isFinal(payment)) return;
  const lie = wordOf(payment) === "FAILED" ? "SUCCESSFUL" : "FAILED";
  const lied = applyWebhook(machine, known, lie);
  emitSome(emit, `a webhook reports ${lie}, which the provider contradicts`, lied && { ...lied, hasLied: true });
}

/** Whether a webhook finds its payout: by reference, by transaction, or as the only one that was sent and fits. */
export function isMatched(hasReferences: boolean, { life }: World): boolean {
  if (life.intent === "RELEASED") return false;
  if (hasReferences || life.transactionId !== null) return true;
  return (life.status === "SUBMITTING" || life.status === "UNCONFIRMED") && life.sendings > 0;
}

function people({ machine, account }: Setting, world: World, emit: Emit): void {
  const { life } = world;
  if (!world.isTold && (life.intent === "OPEN" || life.intent === "SENDING")) {
    emit("a caller is told of the payout as it is", { ...world, isTold: true });
  }
  if (account.listsPending && !world.isLearned) {
    emit("another payment shows that look-ups find pending payments", { ...world, isLearned: true });
  }
  if (life.status === "UNCONFIRMED" && !world.isDecided) {
    if (world.payments > 0) emitSome(emit, "an operator decides: sent", resolve(machine, world, true));
    emitSome(emit, "an operator decides: not sent", resolve(machine, world, false));
  }
  // Without unique references nothing protects a payment from a restored backup.
  const canRestore = account.hasReferences && !world.isRestored && world.permissions > 0 && !world.isDecided;
  if (canRestore) emit("all nodes stop, and a backup from before the sending is restored", restore(machine, world));
}

function restore(machine: Machine, world: World): World {
  const orphans = world.nodes.flatMap(({ place, sinceAt, isDelayed }) =>
    place === "SENT" ? [{ leftAt: sinceAt, isDelayed }] : [],
  );
  const { payments, payment, paymentAt, isListed, isPaymentDelayed, permissions, isLearned } = world;
  return {
    ...firstWorld(isLearned),
    ...{ payments, payment, paymentAt, isListed, isPaymentDelayed, permissions },
    nodes: [{ ...idle, place: "CLAIMED" }, idle],
    orphans: [...world.orphans, ...orphans],
    reference: machine.derivesReference ? world.reference : world.reference + 1,
    isRestored: true,
    isAsOrdered: world.isAsOrdered,
    hasLied: world.hasLied,
    skew: world.skew,
  };
}

/** One tick. What is older than the provider's patience is not accepted any more, and a payment is listed by then. */
export function tick({ account }: Setting, world: World): World {
  const { life } = world;
  const past = (at: number | null) => (at === null ? null : at - 1);
  const isOver = (at: number) => -at > rules.lateAcceptanceMs - 1;
  const nodes = world.nodes.map((node) => {
    if (node.place === "IDLE" || node.place === "CLAIMED" || node.place === "RESPONDED") return node;
    const sinceAt = node.sinceAt - 1;
    if (node.place === "SENT" && isOver(sinceAt)) return responded("UNKNOWN");
    const longest = node.place === "PERMITTED" ? 1 : 7;
    return { ...node, sinceAt: Math.max(sinceAt, -longest) };
  }) as unknown as World["nodes"];
  const paymentAt = world.paymentAt - 1;
  return {
    ...world,
    life: isOpen(life)
      ? {
          ...life,
          submittedAtMs: life.submittedAtMs - 1,
          sentAtMs: past(life.sentAtMs),
          absentSinceMs: past(life.absentSinceMs),
        }
      : life,
    leaseLeft: Math.max(world.leaseLeft - 1, 0),
    nodes,
    orphans: world.orphans
      .map(({ leftAt, isDelayed }) => ({ leftAt: leftAt - 1, isDelayed }))
      .filter(({ leftAt }) => !isOver(leftAt)),
    paymentAt,
    isListed: world.isListed || (world.payments > 0 && account.listsPending && isOver(paymentAt)),
    firstAbsentAt: past(world.firstAbsentAt),
  };
}

function emitSome(emit: Emit, sentence: string, next: World | null): void {
  if (next) emit(sentence, next);
}

function sentencesOf(node: string, does: string, answers: readonly Response[]): Record<string, string> {
  const entries = answers.map((answer) => [
    answer,
    `the provider ${does} node ${node}'s request; the node receives: ${describeAnswer(answer)}`,
  ]);
  return Object.fromEntries(entries);
}

const acceptances = ["A", "B"].map((node) => sentencesOf(node, "accepts", afterAcceptance));
const rejections = ["A", "B"].map((node) => sentencesOf(node, "does not accept", withoutAcceptance));

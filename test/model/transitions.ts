// How the gateway writes what it learns: one function for each transaction of the product.

import type { PayoutEvent, PayoutLife } from "../../src/domain/payout-life.js";
import type { PayoutStatus } from "../../src/domain/payout-status.js";
import { payoutRules } from "./accounts.js";
import { asOrdered, type Machine, otherReports } from "./machine.js";
import { type Answer, idle, type NodeState, transactionId, type World, wordOf } from "./world.js";

export type NodeIndex = 0 | 1;

export function withNode(world: World, node: NodeIndex, state: NodeState): World["nodes"] {
  return node === 0 ? [state, world.nodes[1]] : [world.nodes[0], state];
}

/** Ends the node's work. The turn stays taken until the lease runs out. */
export function abandon(world: World, node: NodeIndex): World {
  const holder = world.holder === node + 1 ? 0 : world.holder;
  return { ...world, holder, nodes: withNode(world, node, idle) };
}

/** `PayoutTransitions.#record`: the payout and its intent change together. Without the lease only a report is taken over. */
export function record(
  machine: Machine,
  world: World,
  node: NodeIndex,
  event: PayoutEvent,
  reported: PayoutStatus | null = null,
): World {
  const isHeld = world.holder === node + 1;
  if (!isHeld && (reported === null || !machine.appliesAcceptedWithoutLease)) return abandon(world, node);
  const next = machine.step(world.life, event, payoutRules(machine.canProveAbsence(world)));
  if (next === null) return abandon(world, node);
  const payout = reported === null ? { status: next.life.status } : taken(machine, world.life, reported, true);
  if (!isHeld) return { ...abandon(world, node), life: { ...world.life, ...payout } };
  const { intent, sendings, sentAtMs, rejection, absentSinceMs } = next.life;
  const life = { ...world.life, ...payout, intent, sendings, sentAtMs, rejection, absentSinceMs };
  return { ...world, life, holder: 0, leaseLeft: 0, nodes: withNode(world, node, idle) };
}

/** `applyPayoutChange`: what a report makes of the payout. The intent is not touched. */
function taken(
  machine: Machine,
  { status, transactionId: known }: PayoutLife,
  reported: PayoutStatus,
  isLookUp: boolean,
): Pick<PayoutLife, "status" | "transactionId"> {
  const verdict = machine.judgeReport({ status, transactionId: known }, { status: reported, isLookUp });
  const isMoving = verdict === "APPLY" || verdict === "CORRECT";
  return { status: isMoving ? reported : status, transactionId: known ?? transactionId };
}

/** A report that names another amount, currency, customer or recipient. */
function takesOverOther(machine: Machine): boolean {
  return otherReports.some((report) => !machine.isMismatch(report));
}

export function recordAnswer(machine: Machine, world: World, node: NodeIndex, { answer, sinceAt }: NodeState): World {
  switch (answer) {
    case "NONE":
      return world;
    case "FOUND_PENDING":
    case "FOUND_PROCESSING":
    case "FOUND_SUCCESSFUL":
    case "FOUND_FAILED": {
      if (machine.isMismatch(asOrdered)) throw new Error("A report as ordered counts as a mismatch.");
      const status = statusOf(answer);
      const result = { type: "FOUND", status, transactionId } as const;
      return record(machine, world, node, { type: "LOOK_UP", result, askedAtMs: sinceAt, nowMs: 0 }, status);
    }
    case "LOOK_UP_MISMATCH": {
      if (!takesOverOther(machine)) return recordAnswer(machine, world, node, unclear(sinceAt));
      const found: NodeState = { ...unclear(sinceAt), answer: "FOUND_PENDING" };
      return { ...recordAnswer(machine, world, node, found), isAsOrdered: false };
    }
    case "UNCLEAR":
    case "ABSENT":
    case "NOT_ANSWERED": {
      const event: PayoutEvent = { type: "LOOK_UP", result: { type: answer }, askedAtMs: sinceAt, nowMs: 0 };
      const next = record(machine, world, node, event);
      if (world.holder !== node + 1 || answer === "NOT_ANSWERED") return next;
      return { ...next, firstAbsentAt: answer === "ABSENT" ? (world.firstAbsentAt ?? sinceAt) : null };
    }
    case "MISMATCH": {
      const isTaken = takesOverOther(machine);
      const response = machine.toResponse(isTaken ? "ACCEPTED" : "MISMATCH");
      const next = record(machine, world, node, { type: "RESPONSE", response, nowMs: 0 }, isTaken ? "PENDING" : null);
      return isTaken ? { ...next, isAsOrdered: false } : next;
    }
    default: {
      const response = machine.toResponse(answer);
      const reported = response.type === "ACCEPTED" ? (response.status ?? "PENDING") : null;
      return record(machine, world, node, { type: "RESPONSE", response, nowMs: 0 }, reported);
    }
  }
}

function unclear(sinceAt: number): NodeState {
  return { place: "LOOKED_UP", answer: "UNCLEAR", sinceAt, isDelayed: false };
}

function statusOf(answer: Answer): PayoutStatus {
  return answer.slice("FOUND_".length) as PayoutStatus;
}

/** A webhook about the payment. Returns null where it changes nothing. */
export function applyWebhook(machine: Machine, world: World, status: PayoutStatus): World | null {
  const { life } = world;
  const verdict = machine.judgeReport(life, { status, isLookUp: false });
  // Two reports disagree: the provider is asked for the transaction, and its answer is applied later.
  if (verdict === "CONTRADICTION") return world.reporter === null ? { ...world, reporter: world.payment } : null;
  const payout = taken(machine, life, status, false);
  if (payout.status === life.status && payout.transactionId === life.transactionId) return null;
  return { ...world, life: { ...life, ...payout } };
}

/** A webhook that names another amount, currency, customer or recipient. */
export function applyOtherWebhook(machine: Machine, world: World, status: PayoutStatus): World | null {
  if (!takesOverOther(machine)) return null;
  return { ...(applyWebhook(machine, world, status) ?? world), isAsOrdered: false };
}

/** The answer of a look-up by transaction, asked by a webhook's handler or the reconciliation. */
export function applyReporter(machine: Machine, world: World): World {
  const { life, reporter } = world;
  if (reporter === null) return world;
  return { ...world, reporter: null, life: { ...life, ...taken(machine, life, wordOf(reporter), true) } };
}

/** `payouts resolve`: whoever holds the turn has lost it. */
export function resolve(machine: Machine, world: World, isSent: boolean): World | null {
  const event: PayoutEvent = isSent
    ? { type: "RESOLVE_SENT", status: wordOf(world.payment), transactionId }
    : { type: "RESOLVE_NOT_SENT" };
  const next = machine.step(world.life, event, payoutRules(machine.canProveAbsence(world)));
  return next && { ...world, life: { ...next.life }, holder: 0, leaseLeft: 0, isDecided: true };
}

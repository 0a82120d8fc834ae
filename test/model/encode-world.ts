// A state as a short string, and back. Which node is which does not matter, nor what nothing will read again.

import { type IntentState, isOpen } from "../../src/domain/payout-life.js";
import type { PayoutStatus } from "../../src/domain/payout-status.js";
import { rules } from "./accounts.js";
import { type Answer, type NodeState, type Orphan, type PaymentStatus, type Place, type World } from "./world.js";

const statuses: readonly PayoutStatus[] = [
  "SUBMITTING",
  "UNCONFIRMED",
  "PENDING",
  "PROCESSING",
  "SUCCESSFUL",
  "FAILED",
];
const intents: readonly IntentState[] = ["OPEN", "SENDING", "UNCONFIRMED", "DONE", "REFUSED", "RELEASED"];
const places: readonly Place[] = ["IDLE", "CLAIMED", "PERMITTED", "SENT", "RESPONDED", "LOOKED_UP"];
const payments: readonly PaymentStatus[] = ["PENDING", "PROCESSING", "SUCCESSFUL", "FAILED", "RETURNED"];
const answers: readonly Answer[] = [
  "NONE",
  "NOT_SENT",
  "ACCEPTED",
  "ACCEPTED_UNKNOWN_WORD",
  "MISMATCH",
  "REJECTED",
  "OTHER_REJECTION",
  "FORBIDDEN",
  "RATE_LIMITED",
  "CONFLICT",
  "UNKNOWN",
  "FOUND_PENDING",
  "FOUND_PROCESSING",
  "FOUND_SUCCESSFUL",
  "FOUND_FAILED",
  "UNCLEAR",
  "LOOK_UP_MISMATCH",
  "ABSENT",
  "NOT_ANSWERED",
];

const none = 99;

function codesOf<T extends string>(values: readonly T[]): Record<T, number> {
  return Object.fromEntries(values.map((value, index) => [value, index])) as Record<T, number>;
}

const statusCodes = codesOf(statuses);
const intentCodes = codesOf(intents);
const placeCodes = codesOf(places);
const paymentCodes = codesOf(payments);
const answerCodes = codesOf(answers);

/** How long ago, up to where the difference ends to matter. */
function age(at: number | null, longest: number): number {
  return at === null ? none : Math.min(-at, longest);
}

export function encodeWorld(world: World): string {
  const { life, nodes } = world;
  const first = nodeCode(nodes[0], world.holder === 1);
  const second = nodeCode(nodes[1], world.holder === 2);
  // A skewed clock belongs to the second node.
  const isSwapped = first > second && world.skew === 0;
  const holder = isSwapped && world.holder !== 0 ? 3 - world.holder : world.holder;
  const codes = [isSwapped ? second : first, isSwapped ? first : second];
  const sentAge = isOpen(life) && life.sendings > 0 ? age(life.sentAtMs, rules.lateAcceptanceMs) : none;
  return String.fromCharCode(
    ...lifeCodes(world),
    sentAge,
    holder * 8 + world.leaseLeft,
    bits(world.isTold, world.isPromised, world.isLearned, world.isAsOrdered, world.isRestored, world.isDecided),
    bits(world.hasLied, world.isListed, world.isPaymentDelayed),
    codes[0] as number,
    codes[1] as number,
    world.payments * 8 + paymentCodes[world.payment],
    world.payments > 0 && !world.isListed ? age(world.paymentAt, rules.lateAcceptanceMs) : none,
    world.reporter === null ? none : paymentCodes[world.reporter],
    world.permissions,
    life.intent === "UNCONFIRMED" ? age(world.firstAbsentAt, rules.absenceGapMs) : none,
    world.reference * 4 + world.skew,
    ...world.orphans.map(orphanCode).sort(),
  );
}

function lifeCodes({ life }: World): number[] {
  const isAlive = isOpen(life);
  return [
    statusCodes[life.status] * 8 + intentCodes[life.intent],
    (life.transactionId === null ? 0 : 1) + (life.rejection === null ? 0 : 2) + (isAlive ? 4 * life.sendings : 0),
    life.intent === "UNCONFIRMED" ? age(life.absentSinceMs, rules.absenceGapMs) : none,
    isAlive ? age(life.submittedAtMs, rules.sendWithinMs + 1) : none,
  ];
}

function nodeCode({ place, answer, sinceAt, isDelayed }: NodeState, isHolder: boolean): number {
  const flags = (isDelayed ? 1 : 0) + (isHolder ? 2 : 0);
  return flags + 4 * (Math.min(-sinceAt, 7) + 8 * (answerCodes[answer] + 32 * placeCodes[place]));
}

function orphanCode({ leftAt, isDelayed }: Orphan): number {
  return Math.min(-leftAt, 7) * 2 + (isDelayed ? 1 : 0);
}

export function decodeWorld(key: string): World {
  const at = (index: number) => key.charCodeAt(index);
  const time = (index: number) => (at(index) === none ? null : -at(index) || 0);
  const has = (index: number, bit: number) => (at(index) & (1 << bit)) !== 0;
  return {
    life: {
      status: statuses[at(0) >> 3] as PayoutStatus,
      intent: intents[at(0) & 7] as IntentState,
      transactionId: at(1) & 1 ? "T1" : null,
      rejection: at(1) & 2 ? "[]" : null,
      sendings: at(1) >> 2,
      absentSinceMs: time(2),
      submittedAtMs: time(3) ?? 0,
      sentAtMs: time(4),
      attempts: 0,
    },
    holder: (at(5) >> 3) as World["holder"],
    leaseLeft: at(5) & 7,
    isTold: has(6, 0),
    isPromised: has(6, 1),
    isLearned: has(6, 2),
    isAsOrdered: has(6, 3),
    isRestored: has(6, 4),
    isDecided: has(6, 5),
    hasLied: has(7, 0),
    isListed: has(7, 1),
    isPaymentDelayed: has(7, 2),
    nodes: [toNode(at(8)), toNode(at(9))],
    payments: at(10) >> 3,
    payment: payments[at(10) & 7] as PaymentStatus,
    paymentAt: time(11) ?? 0,
    reporter: at(12) === none ? null : (payments[at(12)] as PaymentStatus),
    permissions: at(13),
    firstAbsentAt: time(14),
    reference: at(15) >> 2,
    skew: at(15) & 3,
    orphans: [...key.slice(16)].map((text) => toOrphan(text.charCodeAt(0))),
  };
}

function toNode(code: number): NodeState {
  return {
    isDelayed: (code & 1) !== 0,
    sinceAt: -((code >> 2) & 7) || 0,
    answer: answers[(code >> 5) & 31] as Answer,
    place: places[code >> 10] as Place,
  };
}

function toOrphan(code: number): Orphan {
  return { leftAt: -(code >> 1) || 0, isDelayed: (code & 1) !== 0 };
}

function bits(...flags: boolean[]): number {
  let number = 0;
  for (const [index, flag] of flags.entries()) if (flag) number |= 1 << index;
  return number;
}

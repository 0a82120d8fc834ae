// One state of everything that a payout depends on: the database, two nodes, the network and the provider. Time is counted
// in ticks, and the present is always 0: what happened before has a negative time, so equal situations are equal states.

import type { IntentState, PayoutLife } from "../../src/domain/payout-life.js";
import type { PayoutStatus } from "../../src/domain/payout-status.js";
import { rules } from "./accounts.js";

export type Response =
  | "NOT_SENT"
  | "ACCEPTED"
  | "ACCEPTED_UNKNOWN_WORD"
  | "MISMATCH"
  | "REJECTED"
  | "OTHER_REJECTION"
  | "FORBIDDEN"
  | "RATE_LIMITED"
  | "CONFLICT"
  | "UNKNOWN";

export type Found = "FOUND_PENDING" | "FOUND_PROCESSING" | "FOUND_SUCCESSFUL" | "FOUND_FAILED";
export type LookUpAnswer = Found | "UNCLEAR" | "LOOK_UP_MISMATCH" | "ABSENT" | "NOT_ANSWERED";
export type Answer = Response | LookUpAnswer | "NONE";

/** Where a node is. A node that takes no step while time passes is paused. */
export type Place = "IDLE" | "CLAIMED" | "PERMITTED" | "SENT" | "RESPONDED" | "LOOKED_UP";

export interface NodeState {
  place: Place;
  /** What it received and has not recorded yet. */
  answer: Answer;
  /** When it got its permission, when its bytes left, or when it asked. */
  sinceAt: number;
  /** Its bytes left some ticks after its permission, because it was paused in between. */
  isDelayed: boolean;
}

/** A request that no node waits for any more. The provider may still accept it. */
export interface Orphan {
  leftAt: number;
  isDelayed: boolean;
}

/** RETURNED: failed after it was successful. The provider calls it FAILED. */
export type PaymentStatus = "PENDING" | "PROCESSING" | "SUCCESSFUL" | "FAILED" | "RETURNED";

export interface World {
  life: PayoutLife;
  /** The node whose turn it is by the fence: 1, 2, or 0 for nobody alive. */
  holder: 0 | 1 | 2;
  leaseLeft: number;
  /** A caller was told of the payout. */
  isTold: boolean;
  /** A caller was told that nothing was sent and nothing will be. */
  isPromised: boolean;
  /** The gateway has learned that a look-up by reference finds pending payments. */
  isLearned: boolean;
  /** Amount, currency, customer and recipient are those that were ordered. */
  isAsOrdered: boolean;
  nodes: readonly [NodeState, NodeState];
  orphans: readonly Orphan[];
  /** Payments that the provider accepted for the key. */
  payments: number;
  payment: PaymentStatus;
  /** A look-up by reference finds the payment. */
  isListed: boolean;
  /** When the bytes of the accepted request left. */
  paymentAt: number;
  isPaymentDelayed: boolean;
  /** A look-up by transaction that is under way, with its answer; none where null. */
  reporter: PaymentStatus | null;
  /** How many permissions to send were given. */
  permissions: number;
  /** When the first look-up since the last permission was asked that found nothing: not from the product, for a check. */
  firstAbsentAt: number | null;
  /** The references that were used for the key: more than one only by mistake. */
  reference: number;
  isRestored: boolean;
  /** An operator has decided, rightly or wrongly. */
  isDecided: boolean;
  /** The provider's webhooks have once contradicted the provider. */
  hasLied: boolean;
  /** How far the second node's own clock is ahead. Only a mistake reads it. */
  skew: number;
}

export const idle: NodeState = { place: "IDLE", answer: "NONE", sinceAt: 0, isDelayed: false };

export const transactionId = "T1";

/** What the call that records the intent commits: the payout exists, and this node sends it. */
export function newLife(): PayoutLife {
  return {
    status: "SUBMITTING",
    transactionId: null,
    intent: "OPEN",
    sendings: 0,
    sentAtMs: null,
    rejection: null,
    absentSinceMs: null,
    submittedAtMs: 0,
    attempts: 0,
  };
}

export function firstWorld(isLearned: boolean): World {
  return {
    life: newLife(),
    holder: 1,
    leaseLeft: rules.leaseTicks,
    isTold: false,
    isPromised: false,
    isLearned,
    isAsOrdered: true,
    nodes: [{ ...idle, place: "CLAIMED" }, idle],
    orphans: [],
    payments: 0,
    payment: "PENDING",
    isListed: false,
    paymentAt: 0,
    isPaymentDelayed: false,
    reporter: null,
    permissions: 0,
    firstAbsentAt: null,
    reference: 0,
    isRestored: false,
    isDecided: false,
    hasLied: false,
    skew: 0,
  };
}

export function isEnded(intent: IntentState): boolean {
  return intent === "DONE" || intent === "REFUSED" || intent === "RELEASED";
}

/** The payment's status as the provider words it. */
export function wordOf(payment: PaymentStatus): PayoutStatus {
  return payment === "RETURNED" ? "FAILED" : payment;
}

/** The statuses that the provider has reported on the way to the present one. */
export const passed: Record<PaymentStatus, readonly PayoutStatus[]> = {
  PENDING: ["PENDING"],
  PROCESSING: ["PENDING", "PROCESSING"],
  SUCCESSFUL: ["PENDING", "PROCESSING", "SUCCESSFUL"],
  FAILED: ["PENDING", "PROCESSING", "FAILED"],
  RETURNED: ["PENDING", "PROCESSING", "SUCCESSFUL", "FAILED"],
};

// Seeded mistakes: each takes one check out of the rules, in the model only. The model must find every one of them.

import { isOpen, type PayoutLife, type PayoutRules, type Step } from "../../src/domain/payout-life.js";
import { rules } from "./accounts.js";
import { type Machine, product } from "./machine.js";

export interface Mistake {
  name: string;
  title: string;
  /** The kind of account that shows it. */
  account: string;
  machine: Machine;
}

type StepWrapper = (life: PayoutLife, event: Parameters<Machine["step"]>[1], of: PayoutRules) => Step | null;

function withStep(step: StepWrapper): Machine {
  return { ...product, step };
}

const ended = (life: PayoutLife): Step => ({ life, effects: [], reason: null });

export const mistakes: readonly Mistake[] = [
  {
    name: "no-lease-at-permission",
    title: "the sender does not check its lease and the intent right before it sends",
    account: "learned",
    machine: {
      ...withStep((life, event, of) => (event.type === "SEND" ? sending(life) : product.step(life, event, of))),
      holdsLease: () => true,
    },
  },
  {
    name: "sent-after-webhook",
    title: "a payout that a webhook has moved is sent all the same",
    account: "learned",
    machine: withStep((life, event, of) =>
      event.type === "SEND" && life.intent === "OPEN"
        ? product.step({ ...life, status: "SUBMITTING" }, event, of)
        : product.step(life, event, of),
    ),
  },
  {
    name: "final-rejection-after-sending",
    title: "a rejection is final although the payout may have been sent before",
    account: "learned",
    machine: withStep((life, event, of) =>
      event.type === "RESPONSE" && event.response.type === "REJECTED" && life.intent === "SENDING"
        ? product.step({ ...life, sendings: 1 }, event, of)
        : product.step(life, event, of),
    ),
  },
  {
    name: "final-other-rejection",
    title: "any 4xx in the provider's JSON is a final rejection",
    account: "learned",
    machine: {
      ...product,
      toResponse: (response) => product.toResponse(response === "OTHER_REJECTION" ? "REJECTED" : response),
    },
  },
  {
    name: "one-look-up",
    title: "one look-up that finds nothing proves absence",
    account: "learned",
    machine: withStep((life, event, of) => product.step(life, event, { ...of, absenceGapMs: 0 })),
  },
  {
    name: "absence-not-learned",
    title: "not found proves absence on every account",
    account: "no-references",
    machine: { ...product, canProveAbsence: () => true },
  },
  {
    name: "no-late-window",
    title: "a doubtful rejection becomes final before the provider's time to accept is over",
    account: "learned",
    machine: withStep((life, event, of) => product.step(life, event, { ...of, lateAcceptanceMs: 0 })),
  },
  {
    name: "accepted-dropped",
    title: "an accepted response is dropped when the lease was lost",
    account: "no-references",
    machine: { ...product, appliesAcceptedWithoutLease: false },
  },
  {
    name: "random-reference",
    title: "a reference is random instead of derived from the key",
    account: "learned",
    machine: { ...product, derivesReference: false },
  },
  {
    name: "mismatch-taken-over",
    title: "a report about another amount or recipient is taken over",
    account: "learned",
    machine: { ...product, isMismatch: () => false },
  },
  {
    name: "stale-rejection",
    title: "a key returns its rejection after the provider corrected it",
    account: "learned",
    machine: { ...product, isRejected: ({ intent }) => intent === "REFUSED" },
  },
  {
    name: "expires-unconfirmed",
    title: "a payout that may have been sent is ended when its time is over",
    account: "learned",
    machine: withStep((life, event, of) =>
      event.type === "LOOK_UP" && life.intent === "UNCONFIRMED" && -life.submittedAtMs > rules.sendWithinMs
        ? ended({ ...life, status: "FAILED", intent: "DONE" })
        : product.step(life, event, of),
    ),
  },
  {
    name: "released-after-sending",
    title: "a response that proves nothing counts as not sent",
    account: "learned",
    machine: {
      ...product,
      toResponse: (response) => product.toResponse(response === "UNKNOWN" ? "NOT_SENT" : response),
    },
  },
  {
    name: "node-clock",
    title: "leases go by the node's own clock",
    account: "learned",
    machine: {
      ...product,
      isFree: ({ leaseLeft, skew }, node) => leaseLeft <= (node === 1 ? skew : 0),
      readsNodeClock: true,
    },
  },
  {
    name: "ended-report-outdated",
    title: "a report about a payout that the gateway ended is dropped as outdated",
    account: "learned",
    machine: {
      ...product,
      judgeReport: (known, report) => {
        const verdict = product.judgeReport(known, report);
        return verdict === "CONTRADICTION" && !["SUCCESSFUL", "FAILED"].includes(report.status) ? "STALE" : verdict;
      },
    },
  },
  {
    name: "sender-lost-overwrites",
    title: "a sender that is lost makes a payout UNCONFIRMED that a webhook has moved",
    account: "learned",
    machine: withStep((life, event, of) =>
      event.type === "SENDER_LOST" && isOpen(life)
        ? product.step({ ...life, status: "SUBMITTING" }, event, of)
        : product.step(life, event, of),
    ),
  },
];

function sending(life: PayoutLife): Step {
  return ended({ ...life, intent: "SENDING", sendings: life.sendings + 1, sentAtMs: 0, absentSinceMs: null });
}

// What no step may do, and what no state may be. Returns a sentence about what is broken, or null.

import { isEndedByGateway } from "../../src/domain/payout-status.js";
import { type Account, rules } from "./accounts.js";
import { type Machine, resultOfKey } from "./machine.js";
import { type World, wordOf } from "./world.js";

export interface Checked {
  machine: Machine;
  account: Account;
}

export function checkWorld({ machine }: Checked, world: World): string | null {
  const { life, payments, payment } = world;
  if (payments > 1) return "The provider accepted two payments for one key.";
  if (!world.isAsOrdered) return "A report that contradicts the order was taken over.";
  const isShownAsAccepted = life.status === "PENDING" || life.status === "PROCESSING" || life.status === "SUCCESSFUL";
  if (isShownAsAccepted && payments === 0) return `${life.status} is shown for what the provider never accepted.`;
  const wasSuccessful = payment === "SUCCESSFUL" || payment === "RETURNED" || world.hasLied;
  if (life.status === "SUCCESSFUL" && !wasSuccessful) return "SUCCESSFUL is shown for what never was.";
  if (life.status === "FAILED" && life.transactionId !== null && wordOf(payment) !== "FAILED" && !world.hasLied) {
    return "FAILED is shown as the provider's word, which the provider never gave.";
  }
  const result = resultOfKey(machine, life);
  if (result === "a rejection" && !isEndedByGateway(life)) {
    return `The key returns a rejection, and payout(id) is ${life.status}.`;
  }
  if (result !== "a rejection" && life.intent === "REFUSED" && isEndedByGateway(life)) {
    return "The key does not return the rejection that ended the payout.";
  }
  if (world.isPromised && payments > 0 && !world.isRestored) {
    return "A caller was told that nothing was sent, and the provider has the payment.";
  }
  return null;
}

export function checkStep({ account }: Checked, before: World, after: World, sentence: string): string | null {
  return (
    checkPermission(before, after) ??
    checkAccepted(before, after, sentence) ??
    checkAbsence(account, before, after) ??
    checkEnd(before, after) ??
    checkSenderLost(before, after)
  );
}

/** Nothing is sent that was ended, moved or is too late. */
function checkPermission(before: World, after: World): string | null {
  if (after.permissions <= before.permissions) return null;
  const { status, submittedAtMs } = before.life;
  if (status !== "SUBMITTING") return `The payout is sent although it is ${status}.`;
  if (-submittedAtMs > rules.sendWithinMs) return "The payout is sent although it is too late.";
  const isSending = before.life.intent === "SENDING";
  return isSending ? "The payout is sent by two nodes at the same time." : null;
}

/** An accepted response is applied whoever has the lease, and no status goes back to before its acceptance. */
function checkAccepted(before: World, after: World, sentence: string): string | null {
  if (after.isRestored !== before.isRestored) return null;
  const isOver = (["PENDING", "PROCESSING", "SUCCESSFUL"] as string[]).includes(before.life.status);
  const isUnsure = after.life.status === "SUBMITTING" || after.life.status === "UNCONFIRMED";
  if (isOver && isUnsure) return `The payout goes back from ${before.life.status} to ${after.life.status}.`;
  const isRecorded = sentence.includes("records the answer: 2xx, accepted");
  if (!isRecorded) return null;
  return after.life.transactionId === null ? "An accepted response was dropped." : null;
}

/** Two look-ups, some time apart, on an account where not found means absent. */
function checkAbsence(account: Account, before: World, after: World): string | null {
  if (
    before.life.intent !== "UNCONFIRMED" ||
    after.isRestored !== before.isRestored ||
    after.isDecided !== before.isDecided
  )
    return null;
  const isConcluded =
    after.life.intent === "OPEN" || (after.life.status === "FAILED" && after.life.transactionId === null);
  if (!isConcluded) return null;
  if (!account.listsPending || !before.isLearned)
    return "Absence is concluded on an account where not found proves nothing.";
  const first = before.firstAbsentAt;
  const asked = before.nodes.find(({ answer }, index) => answer === "ABSENT" && before.holder === index + 1)?.sinceAt;
  if (first === null || asked === undefined || asked - first < rules.absenceGapMs) {
    return "Absence is concluded without two look-ups some time apart.";
  }
  return null;
}

/** The gateway ends a payout only when the provider cannot have it, by the rules of how late it can accept. */
function checkEnd(before: World, after: World): string | null {
  const isEndedNow = !isEndedByGateway(before.life) && isEndedByGateway(after.life);
  if (!isEndedNow || after.isDecided || after.isRestored) return null;
  if (after.payments > 0 && !after.isPaymentDelayed)
    return "The gateway ends the payout as FAILED, and the provider has it.";
  const isUnderWay =
    after.orphans.some(({ isDelayed }) => !isDelayed) ||
    after.nodes.some(({ place, isDelayed }) => place === "SENT" && !isDelayed);
  return isUnderWay ? "The gateway ends the payout as FAILED while the provider can still accept it." : null;
}

function checkSenderLost(before: World, after: World): string | null {
  const isLost = before.life.intent === "SENDING" && after.life.intent === "UNCONFIRMED";
  if (!isLost || before.leaseLeft === 0) return null;
  const isOwn = before.nodes.some(({ place }, index) => place === "RESPONDED" && before.holder === index + 1);
  return isOwn ? null : "A sender that still has its lease is taken for lost.";
}

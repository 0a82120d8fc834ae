// The state machine of createCustomer as a row of `intents`, and back.

import type { CreationStage, CustomerCreation } from "../domain/customer-creation.js";
import type { CustomerIntentColumns } from "../store/customer-intent.queries.js";
import type { IntentRow } from "../store/intent.queries.js";
import type { IntentState } from "../store/tables.js";

const stages: Record<IntentState, CreationStage> = {
  OPEN: "TO_SEND",
  SENDING: "SENDING",
  UNCONFIRMED: "TO_CONFIRM",
  DONE: "DONE",
  REFUSED: "REJECTED",
  RELEASED: "RELEASED",
};

export function toCreation(row: IntentRow): CustomerCreation {
  const isSending = row.state === "SENDING";
  return {
    stage: stages[row.state],
    fence: row.fence,
    leaseUntilMs: row.lease_until,
    dueAtMs: row.next_attempt_at,
    sendings: row.sendings,
    sendingSinceMs: isSending ? row.sent_at : null,
    sentAtMs: isSending ? null : row.sent_at,
    absentSinceMs: row.absent_since,
    failures: row.attempts,
    rejection: row.refusal,
    customerId: row.state === "DONE" ? row.subject_id : null,
  };
}

/** TO_SEND again after a proven absence is stored as UNCONFIRMED: another node has to prove it anew. */
export function toState({ stage, sentAtMs }: CustomerCreation): IntentState {
  switch (stage) {
    case "TO_SEND":
      return sentAtMs === null ? "OPEN" : "UNCONFIRMED";
    case "TO_CONFIRM":
      return "UNCONFIRMED";
    case "REJECTED":
      return "REFUSED";
    default:
      return stage;
  }
}

export function toColumns(creation: CustomerCreation): CustomerIntentColumns {
  return {
    state: toState(creation),
    subject_id: creation.customerId,
    refusal: creation.rejection,
    next_attempt_at: creation.dueAtMs,
    attempts: creation.failures,
    absent_since: creation.absentSinceMs,
    sent_at: creation.sendingSinceMs ?? creation.sentAtMs,
    sendings: creation.sendings,
    // A lease that goes on is renewed elsewhere.
    ...(creation.leaseUntilMs === 0 ? { lease_until: 0 } : {}),
  };
}

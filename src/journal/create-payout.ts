// A payment is made once: the intent and the payout are on disk before anything is sent, and every later call with the
// key is answered with what became of the first.

import { v7 as newId } from "uuid";
import { type Principal, visibilityOf } from "../access/principal.js";
import type { ChangeDoor } from "../mirror/apply-change.js";
import type { Mirror } from "../mirror/mirror.js";
import type { CreatePayoutInput } from "../schema/payout.input.js";
import { rejectField } from "../schema/rejection.js";
import type { Database } from "../store/database.js";
import { type IntentRow, noteTold } from "../store/intent.queries.js";
import { reachPoint } from "../telemetry/crash-point.js";
import type { Logger } from "../telemetry/logger.js";
import {
  findIntent,
  fingerprintOf,
  type IntentKey,
  KeyTaken,
  LeaseLost,
  storedRefusal,
  takeKey,
  waitWhileSending,
} from "./intents.js";
import { toFirstPayoutChange, toPayoutCommand } from "./payout-command.js";
import type { PayoutSender } from "./send-payout.js";

export interface PayoutResult {
  payoutId: string;
  replayed: boolean;
}

export interface PayoutJournalParts {
  database: Database;
  door: ChangeDoor;
  mirror: Mirror;
  sender: PayoutSender;
  /** When the caller is answered with what is known, whether or not the provider has answered. */
  answerWithinMs: number;
  logger: Logger;
}

export class PayoutJournal {
  readonly #parts: PayoutJournalParts;

  constructor(parts: PayoutJournalParts) {
    this.#parts = parts;
  }

  async create(principal: Principal, input: CreatePayoutInput): Promise<PayoutResult> {
    const key: IntentKey = {
      tenant: principal.tenant,
      operation: "createPayout",
      key: input.idempotencyKey,
      fingerprint: fingerprintOf(toPayoutCommand(input, "")),
    };
    const { database, answerWithinMs } = this.#parts;
    for (;;) {
      if (await findIntent(database, key)) {
        const ended = await waitWhileSending(database, key, answerWithinMs);
        // Null: the first call was told that nothing was sent, and this one may try itself.
        if (ended) return replay(ended);
      }
      await this.#checkCustomer(principal, input.customerId);
      try {
        const { payoutId, intentId } = await this.#record(key, input);
        reachPoint("payout-recorded");
        await this.#send(intentId);
        return { payoutId, replayed: false };
      } catch (error) {
        if (!(error instanceof KeyTaken)) throw error;
      }
    }
  }

  async #record(key: IntentKey, input: CreatePayoutInput): Promise<{ payoutId: string; intentId: string }> {
    const payoutId = newId();
    const command = toPayoutCommand(input, `gw-${payoutId}`);
    let intentId = "";
    await this.#parts.door.apply(
      [toFirstPayoutChange(payoutId, input, command)],
      { source: "MUTATION", tenant: key.tenant },
      async (tx) => {
        intentId = await takeKey(tx, key, command, payoutId);
      },
    );
    return { payoutId, intentId };
  }

  /** Ends when the payout is sent or the caller has waited long enough; the sending goes on in any case. */
  async #send(intentId: string): Promise<void> {
    const { database, sender, answerWithinMs, logger } = this.#parts;
    const caller = { isWaiting: true };
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise<"late">((resolve) => {
      timer = setTimeout(() => resolve("late"), answerWithinMs);
    });
    const sending = sender.send(intentId, caller).catch((error) => {
      // Another node has taken over: what it finds out is the answer.
      if (error instanceof LeaseLost) return;
      if (caller.isWaiting) throw error;
      logger.error({ err: error }, "payout could not be sent after its caller was answered");
    });
    try {
      const isLate = (await Promise.race([sending, patience])) === "late";
      // Settled in this very moment, its outcome is the answer.
      if (isLate && !(await noteTold(database.db, intentId, Date.now()))) await sending;
    } finally {
      caller.isWaiting = false;
      clearTimeout(timer);
    }
  }

  async #checkCustomer(principal: Principal, customerId: string): Promise<void> {
    const customer = await this.#parts.mirror.loaders(visibilityOf(principal)).customersById.load(customerId);
    if (!customer) throw rejectField(["customerId"], "NOT_FOUND", "customerId names no customer.");
    if (customer.status !== "VERIFIED") {
      throw rejectField(
        ["customerId"],
        "CUSTOMER_NOT_VERIFIED",
        "The customer must be VERIFIED before it can be paid.",
      );
    }
  }
}

function replay(intent: IntentRow): PayoutResult {
  if (intent.state === "REFUSED") throw storedRefusal(intent);
  return { payoutId: intent.subject_id as string, replayed: true };
}

// A payment is made once: the intent and the payout are on disk before anything is sent, and every later call with the
// key returns the payout as it is then.

import { setTimeout as sleep } from "node:timers/promises";
import { v7 as newId } from "uuid";
import { type Principal, visibilityOf } from "../access/principal.js";
import type { ProviderError } from "../datasources/provider-error.js";
import { isRejected, type PayoutLife } from "../domain/payout-life.js";
import type { ChangeDoor } from "../mirror/apply-change.js";
import type { Mirror } from "../mirror/mirror.js";
import type { CreatePayoutInput } from "../schema/payout.input.js";
import { Rejection, rejectField, type UserErrorFields } from "../schema/rejection.js";
import type { Database } from "../store/database.js";
import { type IntentRow, intentByKey, intentOfPayout, noteTold } from "../store/intent.queries.js";
import { payoutById } from "../store/payout.queries.js";
import { reachPoint } from "../telemetry/crash-point.js";
import type { Logger } from "../telemetry/logger.js";
import { findIntent, fingerprintOf, type IntentKey, KeyTaken, LeaseLost, leaseMs, takeKey } from "./intents.js";
import { joinPaidPayout } from "./join-paid-payout.js";
import { toFirstPayoutChange, toPayoutCommand } from "./payout-command.js";
import type { PayoutReferences } from "./payout-reference.js";
import { toLife } from "./payout-transitions.js";
import { isWorthRetrying, type PayoutSender, type Sent } from "./send-payout.js";

export interface PayoutResult {
  payoutId: string;
  replayed: boolean;
}

export interface PayoutJournalParts {
  database: Database;
  door: ChangeDoor;
  mirror: Mirror;
  sender: PayoutSender;
  references: PayoutReferences;
  /** When the caller is answered with what is known, whether or not the provider has answered. */
  answerWithinMs: number;
  /** The gateway stops: nothing is tried again. */
  isStopping: () => boolean;
  logger: Logger;
}

const firstRetryMs = 250;
const longestRetryMs = 2_000;
const pollMs = 100;
const settlingMs = 500;

export class PayoutJournal {
  readonly #parts: PayoutJournalParts;

  constructor(parts: PayoutJournalParts) {
    this.#parts = parts;
  }

  async create(principal: Principal, input: CreatePayoutInput): Promise<PayoutResult> {
    const { database, answerWithinMs } = this.#parts;
    const key: IntentKey = {
      tenant: principal.tenant,
      operation: "createPayout",
      key: input.idempotencyKey,
      fingerprint: fingerprintOf(toPayoutCommand(input, "")),
    };
    const deadline = performance.now() + answerWithinMs;
    for (;;) {
      const known = await findIntent(database, key);
      if (known) {
        const isKept = !(await this.#isToBeSent(known)) || (await this.#deliver(known, deadline)) !== false;
        // Not kept: the first call was told that nothing was sent, and this one may try itself.
        const payoutId = isKept ? await this.#payoutOf(key, known) : null;
        if (payoutId !== null) return { payoutId, replayed: true };
        continue;
      }
      await this.#checkCustomer(principal, input.customerId);
      try {
        const { payoutId, intent } = await this.#record(key, input);
        if (intent.state === "DONE") return { payoutId, replayed: true };
        reachPoint("payout-recorded");
        // Not kept: another caller with the key was told that nothing was sent, and freed it.
        const delivered = await this.#deliver(intent, deadline, intent);
        if (!delivered) continue;
        if (delivered === true) {
          const kept = await this.#payoutOf(key, intent, false);
          if (kept === null) continue;
          return { payoutId: kept, replayed: false };
        }
        const rejection = toRejection(delivered, false);
        if (rejection) throw rejection;
        return { payoutId, replayed: false };
      } catch (error) {
        if (!(error instanceof KeyTaken)) throw error;
      }
    }
  }

  async #record(key: IntentKey, input: CreatePayoutInput): Promise<{ payoutId: string; intent: IntentRow }> {
    const { database, door, references } = this.#parts;
    const payoutId = newId();
    const command = toPayoutCommand(input, await references.referenceOf(key.tenant, key.key));
    const first = toFirstPayoutChange(payoutId, input, command);
    const intent = await door.open({ source: "MUTATION", tenant: key.tenant }, async (tx, applyNext) => {
      const taken = await takeKey(database, tx, { ...key, command, subjectId: payoutId, leaseMs });
      const { entityId } = await applyNext(first);
      return entityId === payoutId ? taken : joinPaidPayout(database, tx, taken, entityId, command);
    });
    return { payoutId: intent.subject_id as string, intent };
  }

  /**
   * Sends what is still to be sent, and returns once the attempt is over, or at the deadline. A connection that fails before
   * a byte was sent is tried again until then. Returns what became of the payout where this call found it out itself, false
   * where the key is free again, and true otherwise. Throws where this call freed the key.
   */
  async #deliver(intent: IntentRow, deadline: number, turn?: IntentRow): Promise<PayoutLife | boolean> {
    const { sender, isStopping } = this.#parts;
    let held = turn;
    for (let tries = 0; ; tries += 1) {
      const sent = await this.#within(deadline, intent, sender.send(intent.id, held));
      held = undefined;
      if (sent === "LATE") return this.#keep(intent);
      if (sent === null) {
        const state = await this.#awaitOthers(intent, deadline);
        if (state === "FREE") continue;
        return state === "ENDED";
      }
      // A later turn may have been another payout's: the key was freed and used again while this call waited.
      if (sent.life.intent !== "OPEN") return tries === 0 ? sent.life : true;
      if (!sent.unsent) return this.#keep(intent);
      const waitMs = Math.min(firstRetryMs * 2 ** tries, longestRetryMs);
      const canRetry = isWorthRetrying(sent.unsent) && performance.now() + waitMs < deadline && !isStopping();
      if (canRetry) await sleep(waitMs);
      else return this.#release(intent, sent.unsent);
    }
  }

  /** The sending goes on when its caller is answered. */
  async #within(deadline: number, intent: IntentRow, sending: Promise<Sent | null>): Promise<Sent | null | "LATE"> {
    const { database, logger } = this.#parts;
    let isAnswered = false;
    const settled = sending.catch((error): null => {
      // Another sender has taken over: what it finds out is the result.
      if (error instanceof LeaseLost) return null;
      if (!isAnswered) throw error;
      logger.error({ err: error }, "payout could not be sent after its caller was answered");
      return null;
    });
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise<"LATE">((resolve) => {
      timer = setTimeout(() => resolve("LATE"), Math.max(0, deadline - performance.now()));
    });
    try {
      const first = await Promise.race([settled, patience]);
      if (first !== "LATE" || (await noteTold(database.db, intent.id, database.clock.now()))) return first;
      // Settled in this very moment, by this sending or another: its outcome is the result.
      return await Promise.race([settled, sleep(settlingMs, "LATE" as const)]);
    } finally {
      isAnswered = true;
      clearTimeout(timer);
    }
  }

  /** Whether anything is left to wait for: a webhook may have moved the payout before its sender recorded anything. */
  async #isToBeSent(intent: IntentRow): Promise<boolean> {
    if (!isUnderWay(intent)) return false;
    const payout = await payoutById(this.#parts.database.db, intent.subject_id as string);
    return payout?.status === "SUBMITTING";
  }

  /** Waits while another sender has the intent, but not for ever. FREE: nobody has it, and it is still to be sent. */
  async #awaitOthers({ id, ...key }: IntentRow, deadline: number): Promise<"ENDED" | "FREE" | "RELEASED"> {
    const { db, clock } = this.#parts.database;
    for (;;) {
      const intent = await intentByKey(db, key.tenant, key.operation, key.idempotency_key);
      if (!intent || intent.state === "RELEASED") return "RELEASED";
      if (!isUnderWay(intent)) return "ENDED";
      // Settled in this very moment, it is read once more.
      if (performance.now() > deadline && (await noteTold(db, id, clock.now()))) return "ENDED";
      if (intent.state === "OPEN" && intent.lease_until <= clock.now()) return "FREE";
      await sleep(pollMs);
    }
  }

  /** Nothing was sent, and the caller is told so. Not where another caller has it or was told of it: then it stays. */
  async #release(intent: IntentRow, cause: ProviderError): Promise<boolean> {
    if (await this.#parts.sender.release(intent.id)) throw cause;
    return this.#keep(intent);
  }

  /** Remembers that a caller gets the payout: from now on nobody frees its key. Returns false where it was freed before. */
  async #keep({ id, tenant, operation, idempotency_key: key }: IntentRow): Promise<boolean> {
    const { db, clock } = this.#parts.database;
    if (await noteTold(db, id, clock.now())) return true;
    return (await intentByKey(db, tenant, operation, key))?.state !== "RELEASED";
  }

  /** Null where the key was freed in this very moment, or has a new payout since: that one may be freed as well. */
  async #payoutOf(key: IntentKey, known: IntentRow, isReplay = true): Promise<string | null> {
    const intent = await findIntent(this.#parts.database, key);
    if (!intent || intent.subject_id !== known.subject_id) return null;
    const payoutId = intent.subject_id as string;
    const rejection = await this.#rejectionOf(intent, payoutId, isReplay);
    if (rejection) throw rejection;
    return payoutId;
  }

  /** A final rejection, computed from the payout as it is now. */
  async #rejectionOf(intent: IntentRow, payoutId: string, isReplay: boolean): Promise<Rejection | null> {
    const { db } = this.#parts.database;
    const [payout, now] = await Promise.all([payoutById(db, payoutId), intentOfPayout(db, payoutId)]);
    const life = payout && toLife(now ?? intent, payout);
    return life ? toRejection(life, isReplay) : null;
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

function toRejection(life: PayoutLife, isReplay: boolean): Rejection | null {
  if (!isRejected(life)) return null;
  return new Rejection(JSON.parse(life.rejection ?? "[]") as UserErrorFields[], isReplay);
}

function isUnderWay({ state }: IntentRow): boolean {
  return state === "OPEN" || state === "SENDING";
}

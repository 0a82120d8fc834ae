// An operator decides what became of a payout whose outcome is in doubt: it was sent, as a transaction of the provider, or
// it was not.

import { type Principal, visibilityOf } from "../access/principal.js";
import type { PayoutChange } from "../datasources/changes.js";
import { isProviderError } from "../datasources/provider-error.js";
import type { FoundTransaction } from "../datasources/transactions.datasource.js";
import { acceptedOrder } from "../domain/payout-order.js";
import type { ChangeDoor } from "../mirror/apply-change.js";
import { orderOf, type StoredResolution } from "../mirror/payout-mismatch.js";
import { rejectField } from "../schema/rejection.js";
import type { ResolvePayoutInput } from "../schema/resolve-payout.input.js";
import type { Database, Tx } from "../store/database.js";
import { intentOfPayout } from "../store/intent.queries.js";
import { isTransactionTaken, type PayoutRow, payoutById } from "../store/payout.queries.js";
import { tenantOfCustomer } from "../store/tenant.queries.js";
import { type Decision, recordDecision } from "./payout-transitions.js";

export interface ResolvePayoutParts {
  database: Database;
  door: ChangeDoor;
  lookUp: (transactionId: string) => Promise<FoundTransaction>;
}

/** The input must be valid. The same decision again changes nothing. */
export async function resolvePayout(
  { database, door, lookUp }: ResolvePayoutParts,
  principal: Principal,
  input: ResolvePayoutInput,
): Promise<void> {
  const payout = await payoutById(database.db, input.payoutId);
  const { tenant } = visibilityOf(principal);
  if (!payout || (tenant !== null && payout.tenant !== tenant)) {
    throw rejectField(["payoutId"], "NOT_FOUND", "payoutId names no payout.");
  }
  if (isDecided(payout, input)) return;
  const reported = input.outcome === "SENT" ? await transactionOf(input, lookUp) : null;
  await door.open({ source: "OPERATOR" }, async (tx, applyNext) => {
    const [intent, now] = [await intentOfPayout(tx, payout.id), await payoutById(tx, payout.id)];
    if (!intent || !now) throw rejectField(["payoutId"], "INVALID", "The gateway did not send this payout.");
    // Something else may have moved it during the look-up.
    if (isDecided(now, input)) return;
    if (reported) await checkTransaction(tx, now, reported);
    const order = reported && acceptedOrderOf(now, intent.command, reported);
    await recordDecision({ database, tx, applyNext }, intent, now, toDecision(principal, input, reported, order));
  });
}

/** Whether it was decided so already. Throws where there is nothing to decide. */
function isDecided({ status, mismatch, resolution }: PayoutRow, input: ResolvePayoutInput): boolean {
  if (status === "UNCONFIRMED" || mismatch !== null) return false;
  const last = resolution === null ? null : (JSON.parse(resolution) as StoredResolution);
  if (last?.outcome === input.outcome && last.transactionId === (input.transactionId ?? null)) return true;
  throw rejectField(
    ["payoutId"],
    "INVALID",
    "payoutId must name a payout that is UNCONFIRMED or has a mismatch: there is nothing to decide about this one.",
  );
}

async function transactionOf(
  { transactionId }: ResolvePayoutInput,
  lookUp: ResolvePayoutParts["lookUp"],
): Promise<PayoutChange> {
  const unknown = rejectField(
    ["transactionId"],
    "NOT_FOUND",
    "transactionId names no payout of the provider. Use the id of the transaction, not a reference.",
  );
  try {
    const found = await lookUp(transactionId as string);
    if (found.type === "PAYOUT" && found.change.transactionId === transactionId) return found.change;
  } catch (error) {
    // An id that the provider rejects is not one of its own.
    if (!isProviderError(error, "REFUSED")) throw error;
  }
  throw unknown;
}

async function checkTransaction(tx: Tx, payout: PayoutRow, { transactionId, details }: PayoutChange): Promise<void> {
  if (await isTransactionTaken(tx, transactionId as string, payout.id)) {
    throw rejectField(["transactionId"], "INVALID", "transactionId names a transaction that another payout has.");
  }
  // A payout shows its owner the transaction: nothing of another tenant may get there.
  const owner = details.customerId ? await tenantOfCustomer(tx, details.customerId) : null;
  if (owner !== null && owner !== payout.tenant) {
    throw rejectField(
      ["transactionId"],
      "INVALID",
      "transactionId names a transaction of a customer that belongs to another tenant.",
    );
  }
}

function acceptedOrderOf(payout: PayoutRow, command: string, { details }: PayoutChange) {
  const order = orderOf({ ...payout, command });
  return order && acceptedOrder(order, details);
}

function toDecision(
  { id }: Principal,
  { outcome, transactionId, reason }: ResolvePayoutInput,
  reported: PayoutChange | null,
  order: StoredResolution["order"],
): Decision {
  const words = outcome === "SENT" ? "sent" : "not sent";
  return {
    resolution: { outcome, transactionId: transactionId ?? null, order },
    reported,
    reason: `Resolved as ${words} by ${id}: ${reason}`,
    failureReason: outcome === "SENT" ? null : `An operator decided that the payout was not sent: ${reason}`,
  };
}

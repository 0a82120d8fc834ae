import { v7 as newId } from "uuid";
import type { PayoutChange, PayoutDetails } from "../datasources/changes.js";
import { judgeReport, type Verdict } from "../domain/payout-status.js";
import type { PayoutStatus } from "../schema/payout.enum.js";
import {
  insertPayout,
  isTransactionTaken,
  type OrderedPayoutRow,
  type PayoutRow,
  unmatchedPayouts,
  updatePayout,
} from "../store/payout.queries.js";
import { tenantOfCustomer } from "../store/tenant.queries.js";
import { type AppliedChange, type ApplyContext, UnknownSubject } from "./apply-context.js";
import { contradictedFields, fitsOrder, type MismatchField, orderOf, toMismatch } from "./payout-mismatch.js";

/** The news names a payout by one handle and contradicts it by another: it is about some other payment. */
export class MismatchedPayout extends Error {
  constructor(readonly payoutId: string) {
    super("The transaction of this news is not the one that the payout is known by.");
    this.name = "MismatchedPayout";
  }
}

export async function applyPayoutChange(context: ApplyContext, change: PayoutChange): Promise<AppliedChange> {
  const known = await context.payouts.take(change);
  if (known) return move(context, known, change);
  const row = await newRow(context, change);
  if (change.payoutId === undefined && !change.merchantReference) {
    const matched = await matchUnconfirmed(context, row.customer_id, change);
    if (matched) return move(context, matched, change);
  }
  if (await insertPayout(context.tx, row)) {
    const position = log(context, row, null, row.status, change);
    await updatePayout(context.tx, row.id, { position });
    return { entity: "PAYOUT", entityId: row.id, verdict: "APPLY", from: null, to: row.status, position };
  }
  return applyPayoutChange(context, change);
}

/**
 * On an account that does not return references, a transaction may be one of the customer's payouts whose response was
 * lost: it is, where it fits exactly one of them. Where it fits several, nobody can tell which.
 */
async function matchUnconfirmed(
  context: ApplyContext,
  customerId: string,
  change: PayoutChange,
): Promise<OrderedPayoutRow | null> {
  const candidates = await unmatchedPayouts(context.tx, customerId);
  const fitting = candidates.filter((candidate) => fitsOrder(candidate, change) !== "NO");
  const [only, ...others] = fitting;
  if (!only) return null;
  if (others.length > 0 || fitsOrder(only, change) !== "YES") throw new UnknownSubject(change);
  return only;
}

async function move(context: ApplyContext, known: OrderedPayoutRow, change: PayoutChange): Promise<AppliedChange> {
  const contradicted = change.isDecision ? [] : await contradictedBy(context, known, change);
  if (contradicted.length > 0) return flag(context, known, change, contradicted);
  if (needsLookUp(known, change)) throw new UnknownSubject(change);
  const verdict = judge(known, change);
  const isMoving = verdict === "APPLY" || verdict === "CORRECT";
  const to = isMoving ? (change.status as PayoutStatus) : known.status;
  const result = { entity: "PAYOUT" as const, entityId: known.id, verdict, from: known.status, to };
  // Neither of two reports that disagree is taken over before the look-up.
  if (verdict === "CONTRADICTION") return { ...result, position: null };

  const columns = {
    ...merged(known, change, verdict !== "STALE"),
    ...(to === "FAILED" ? {} : { failure_reason: null }),
    ...(change.isDecision && change.mismatch === null ? { mismatch: null } : {}),
  };
  // Only what is new is written: each column named in an update costs the indexes that it is in.
  const changed = Object.fromEntries(
    Object.entries(columns).filter(([column, value]) => known[column as keyof PayoutRow] !== value),
  );
  const position = isMoving ? log(context, known, known.status, to, change, verdict) : null;
  await updatePayout(context.tx, known.id, {
    ...changed,
    as_of: context.now,
    ...(position === null ? {} : { status: to, position }),
    ...(position !== null || Object.keys(changed).length > 0 ? { updated_at: context.now } : {}),
  });
  return { ...result, position };
}

function judge(known: PayoutRow, { status, isLookUp = false, isDecision }: PayoutChange): Verdict {
  if (!status) return "SAME";
  if (isDecision) return status === known.status ? "SAME" : "APPLY";
  return judgeReport({ status: known.status, transactionId: known.transaction_id }, { status, isLookUp });
}

/** What in the report contradicts the order, or the transaction that the payout is known by. */
async function contradictedBy(
  context: ApplyContext,
  known: OrderedPayoutRow,
  change: PayoutChange,
): Promise<MismatchField[]> {
  const { transactionId } = change;
  if (transactionId && transactionId !== known.transaction_id) {
    const isOther = known.transaction_id !== null || (await isTransactionTaken(context.tx, transactionId, known.id));
    if (isOther && !change.isLookUp) throw new MismatchedPayout(known.id);
    if (isOther) return ["transaction"];
  }
  return contradictedFields(known, change);
}

/**
 * What leaves the wallet for an amount that is received was not ordered: only the provider's own response or a look-up tells
 * it, and a webhook that is the first to name it waits for that.
 */
function needsLookUp(known: OrderedPayoutRow, { details, isLookUp, isDecision }: PayoutChange): boolean {
  const isReport = !isLookUp && !isDecision && Boolean(details.amount);
  return isReport && known.amount === null && orderOf(known)?.send === null;
}

/** Nothing of the report is taken over. The first one that differs is kept for an operator to decide about. */
async function flag(
  context: ApplyContext,
  known: OrderedPayoutRow,
  change: PayoutChange,
  fields: MismatchField[],
): Promise<AppliedChange> {
  const { id, status } = known;
  const result = { entity: "PAYOUT" as const, entityId: id, verdict: "MISMATCH" as const, from: status, to: status };
  if (change.isResponse || known.mismatch !== null) return { ...result, position: null };
  const mismatch = toMismatch(known, change, fields, context);
  await updatePayout(context.tx, id, { mismatch: JSON.stringify(mismatch), updated_at: context.now });
  return { ...result, position: null, mismatch: { fields, message: mismatch.message } };
}

async function newRow(context: ApplyContext, change: PayoutChange): Promise<PayoutRow> {
  const { customerId, createdAt } = change.details;
  // A webhook tells neither all of a payout nor whether its customer is here: that takes a look-up.
  const isWhole = change.payoutId !== undefined || change.isLookUp === true;
  if (!isWhole || !customerId || !change.status) throw new UnknownSubject(change);
  return {
    id: change.payoutId ?? newId(),
    // What is a customer's belongs to whom the customer belongs to, whoever made it.
    tenant: (await tenantOfCustomer(context.tx, customerId)) ?? context.tenant,
    customer_id: customerId,
    ...merged(null, change, true),
    mismatch: null,
    resolution: null,
    status: change.status,
    position: 0,
    status_at: null,
    created_at: createdAt?.getTime() ?? context.now,
    updated_at: context.now,
    as_of: context.now,
  };
}

type DetailColumns = Omit<
  PayoutRow,
  | "id"
  | "tenant"
  | "customer_id"
  | "status"
  | "mismatch"
  | "resolution"
  | "position"
  | "status_at"
  | "created_at"
  | "updated_at"
  | "as_of"
>;

/**
 * A report of the present stage or a later one replaces what is known; an older one only fills what is still empty. Of a
 * payout that the gateway ordered, no report changes amount, currency or recipient: it fills what is still empty.
 */
function merged(known: OrderedPayoutRow | null, change: PayoutChange, isCurrent: boolean): DetailColumns {
  const { details } = change;
  const choose = <T>(old: T | null | undefined, news: T | null | undefined): T | null =>
    isCurrent ? (news ?? old ?? null) : (old ?? news ?? null);
  const isOrdered = Boolean(known?.command) && !change.isDecision;
  const keep = <T>(old: T | null | undefined, reported: T | null | undefined): T | null =>
    isOrdered ? (old ?? reported ?? null) : choose(old, reported);
  const reportedRecipient = isOrdered ? recipientFor(known, change) : details.recipient;
  const amount = keep(moneyOf(known?.amount, known?.amount_currency), details.amount);
  const fee = choose(moneyOf(known?.fee, known?.fee_currency), details.fee);
  return {
    transaction_id: decided(change, "transactionId", known?.transaction_id),
    merchant_reference: decided(change, "merchantReference", known?.merchant_reference),
    reference: choose(known?.reference, details.reference),
    wallet_id: choose(known?.wallet_id, details.walletId),
    method: choose(known?.method, details.method),
    failure_reason: choose(known?.failure_reason, details.failureReason),
    amount: amount?.amount ?? null,
    amount_currency: amount?.currency ?? null,
    fee: fee?.amount ?? null,
    fee_currency: fee?.currency ?? null,
    rate: choose(known?.rate, details.rate),
    recipient: change.isDecision
      ? decidedRecipient(known?.recipient ?? null, details.recipient)
      : mergedRecipient(known?.recipient ?? null, reportedRecipient, isCurrent && !isOrdered),
    interac_instruction: choose(
      known?.interac_instruction,
      details.interacInstruction && JSON.stringify(details.interacInstruction),
    ),
    note: choose(known?.note, details.note),
  };
}

/** A handle that is known stays, unless a decision names another one, or none. */
function decided(
  change: PayoutChange,
  name: "transactionId" | "merchantReference",
  known: string | null | undefined,
): string | null {
  const given = change[name];
  return change.isDecision && given !== undefined ? given : (known ?? given ?? null);
}

/**
 * An Interac payout goes to an e-mail address: an account number that is reported for it was not ordered. A webhook that has
 * one may be about another recipient.
 */
function recipientFor(known: OrderedPayoutRow | null, { details, isLookUp }: PayoutChange): PayoutDetails["recipient"] {
  const { recipient } = details;
  if (known?.method !== "INTERAC" || !recipient?.accountNumber) return recipient;
  return isLookUp ? { ...recipient, accountNumber: null } : undefined;
}

function moneyOf(amount: string | null | undefined, currency: string | null | undefined) {
  return amount && currency ? { amount, currency } : null;
}

function mergedRecipient(known: string | null, news: PayoutDetails["recipient"], isCurrent: boolean): string | null {
  if (!news) return known;
  const old = known === null ? {} : (JSON.parse(known) as Record<string, string>);
  const told = Object.fromEntries(Object.entries(news).filter(([, value]) => value !== null && value !== undefined));
  return JSON.stringify(isCurrent ? { ...old, ...told } : { ...told, ...old });
}

/** Another destination replaces the known recipient as a whole: details of two recipients must not be mixed. */
function decidedRecipient(known: string | null, reported: PayoutDetails["recipient"]): string | null {
  const isDestination = Boolean(reported?.accountNumber || reported?.phoneNumber || reported?.email);
  return mergedRecipient(isDestination ? null : known, reported, true);
}

function log(
  context: ApplyContext,
  row: PayoutRow,
  from: PayoutStatus | null,
  to: PayoutStatus,
  change: PayoutChange,
  verdict: Verdict = "APPLY",
): number {
  const reason = change.reason ?? null;
  return context.log.append({
    tenant: row.tenant,
    entity: "PAYOUT",
    entity_id: row.id,
    customer_id: row.customer_id,
    from_status: from,
    to_status: to,
    source: context.source,
    reason: verdict === "CORRECT" ? `Correction by the provider${reason ? `: ${reason}` : "."}` : reason,
    occurred_at: change.occurredAt?.getTime() ?? context.now,
    recorded_at: context.now,
  });
}

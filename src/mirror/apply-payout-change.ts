import { v7 as newId } from "uuid";
import type { PayoutChange, PayoutDetails } from "../datasources/changes.js";
import type { PayoutStatus } from "../schema/payout.enum.js";
import { hasUnmatchedPayout, insertPayout, type PayoutRow, updatePayout } from "../store/payout.queries.js";
import { tenantOfCustomer } from "../store/tenant.queries.js";
import { type AppliedChange, type ApplyContext, UnknownSubject } from "./apply-context.js";
import { judgePayout, type Verdict } from "./status-machine.js";

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
  // On an account that gives no references back it could be the one whose answer was lost: it is not shown as a second.
  if (
    change.payoutId === undefined &&
    !change.merchantReference &&
    (await hasUnmatchedPayout(context.tx, row.customer_id))
  ) {
    throw new UnknownSubject(change);
  }
  if (await insertPayout(context.tx, row)) {
    const position = log(context, row, null, row.status, change);
    await updatePayout(context.tx, row.id, { position });
    return { entity: "PAYOUT", entityId: row.id, verdict: "APPLY", from: null, to: row.status, position };
  }
  return applyPayoutChange(context, change);
}

async function move(context: ApplyContext, known: PayoutRow, change: PayoutChange): Promise<AppliedChange> {
  if (change.transactionId && known.transaction_id && change.transactionId !== known.transaction_id) {
    throw new MismatchedPayout(known.id);
  }
  const verdict: Verdict = change.status ? judgePayout(known.status, change.status, change.isLookUp ?? false) : "SAME";
  const isMoving = verdict === "APPLY" || verdict === "CORRECT";
  const to = isMoving ? (change.status as PayoutStatus) : known.status;
  const result = { entity: "PAYOUT" as const, entityId: known.id, verdict, from: known.status, to };
  // Neither word of two that disagree is taken over before the look-up.
  if (verdict === "CONTRADICTION") return { ...result, position: null };

  const columns = {
    ...merged(known, change, verdict !== "STALE"),
    ...(to === "FAILED" ? {} : { failure_reason: null }),
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
  "id" | "tenant" | "customer_id" | "status" | "position" | "status_at" | "created_at" | "updated_at" | "as_of"
>;

/** News of the present stage or a later one replaces what is known; older news only fills what is still empty. */
function merged(known: PayoutRow | null, change: PayoutChange, isCurrent: boolean): DetailColumns {
  const { details } = change;
  const choose = <T>(old: T | null | undefined, news: T | null | undefined): T | null =>
    isCurrent ? (news ?? old ?? null) : (old ?? news ?? null);
  const amount = choose(moneyOf(known?.amount, known?.amount_currency), details.amount);
  const fee = choose(moneyOf(known?.fee, known?.fee_currency), details.fee);
  return {
    mismatch: known?.mismatch ?? null,
    ordered: known?.ordered ?? null,
    transaction_id: known?.transaction_id ?? change.transactionId ?? null,
    merchant_reference: known?.merchant_reference ?? change.merchantReference ?? null,
    reference: choose(known?.reference, details.reference),
    wallet_id: choose(known?.wallet_id, details.walletId),
    method: choose(known?.method, details.method),
    failure_reason: choose(known?.failure_reason, details.failureReason),
    amount: amount?.amount ?? null,
    amount_currency: amount?.currency ?? null,
    fee: fee?.amount ?? null,
    fee_currency: fee?.currency ?? null,
    rate: choose(known?.rate, details.rate),
    recipient: mergedRecipient(known?.recipient ?? null, details.recipient, isCurrent),
    interac_instruction: choose(
      known?.interac_instruction,
      details.interacInstruction && JSON.stringify(details.interacInstruction),
    ),
    note: choose(known?.note, details.note),
  };
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

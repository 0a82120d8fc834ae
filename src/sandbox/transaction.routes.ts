import type { FastifyInstance } from "fastify";
import { refused } from "./api-error.js";
import { dayMs, fromDay } from "./api-time.js";
import type { ById } from "./customer.routes.js";
import type { MixedShapes } from "./mixed-shapes.js";
import { toPageInfo, toPageNumber } from "./page-of.js";
import type { PayoutFilter, Payouts } from "./payouts.js";
import type { ReadSide } from "./read-side.js";
import { type Fields, fieldOf, idOf, toFields } from "./request-fields.js";
import { toTransactionRow } from "./transaction-answers.js";

const defaultPageSize = 10;
const maxPageSize = 100;

export interface TransactionRouteParts {
  payouts: Payouts;
  reads: ReadSide;
  shapes: MixedShapes;
  isReferenceKept: boolean;
}

export function registerTransactionRoutes(app: FastifyInstance, parts: TransactionRouteParts): void {
  const { payouts, reads, shapes, isReferenceKept } = parts;
  app.get<ById>("/transaction/:id", { config: { scope: "transaction:read" } }, async (request) => {
    const payout = payouts.findByAnyKey(request.params.id);
    const seen = payout && reads.view(payout);
    if (seen === undefined) throw refused(404, "Transaction not found");
    const data = toTransactionRow(seen, isReferenceKept);
    return shapes.answer({ message: "Transaction retrieved successfully", data }, "payout");
  });

  app.post("/transaction", { config: { scope: "transaction:read" } }, async (request) => {
    const body = { ...toFields(request.query), ...toFields(request.body) };
    const page = { number: toPageNumber(idOf(body, "page")), size: pageSizeOf(body) };
    const type = fieldOf(body, "type");
    if (type !== undefined && !["SEND_MONEY", "FUND_WALLET", "SWAP"].includes(String(type))) throw invalid();
    const filter = toFilter(body);
    const { rows, total } =
      type === undefined || type === "SEND_MONEY"
        ? listAsRead(parts, filter, (page.number - 1) * page.size, page.size)
        : { rows: [], total: 0 };
    return {
      message: "Transactions retrieved successfully",
      data: rows.map((payout) => toTransactionRow(payout, isReferenceKept)),
      ...toPageInfo("/api/external/transaction", page, total),
    };
  });
}

/** What reads are behind with is found, or not, by the status that they show. */
function listAsRead({ payouts, reads }: TransactionRouteParts, filter: PayoutFilter, offset: number, limit: number) {
  if (!reads.isDelayed) {
    const { rows, total } = payouts.list(filter, offset, limit);
    return { rows: rows.flatMap((payout) => reads.view(payout) ?? []), total };
  }
  const { status, ...others } = filter;
  const all = payouts.list(others, 0, Number.MAX_SAFE_INTEGER).rows;
  const seen = all
    .flatMap((payout) => reads.view(payout) ?? [])
    .filter((payout) => status === undefined || payout.status === status);
  return { rows: seen.slice(offset, offset + limit), total: seen.length };
}

function toFilter(body: Fields): PayoutFilter {
  const text = (name: string) => {
    const value = fieldOf(body, name);
    if (value !== undefined && typeof value !== "string") throw invalid();
    return value;
  };
  const day = (name: string) => {
    const value = text(name);
    const at = value === undefined ? undefined : fromDay(value);
    if (value !== undefined && at === undefined) throw invalid();
    return at;
  };
  const status = text("status");
  // PENDING and PROCESSING cannot be asked for.
  if (status !== undefined && !["SUCCESSFUL", "FAILED", "EXPIRED"].includes(status)) throw invalid();
  const endAt = day("end_date");
  return {
    startAt: day("start_date"),
    endAt: endAt === undefined ? undefined : endAt + dayMs,
    walletId: text("wallet_id"),
    customerId: text("customer_id"),
    merchantReference: text("merchant_reference"),
    status,
  };
}

function pageSizeOf(body: Fields): number {
  const asked = Number(idOf(body, "limit") ?? defaultPageSize);
  return Number.isSafeInteger(asked) && asked >= 1 ? Math.min(asked, maxPageSize) : defaultPageSize;
}

function invalid() {
  return refused(400, "Invalid request parameters");
}

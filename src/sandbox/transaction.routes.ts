import type { FastifyInstance } from "fastify";
import { refused } from "./api-error.js";
import { dayMs, fromDay } from "./api-time.js";
import type { ById } from "./customer.routes.js";
import { toPageInfo, toPageNumber } from "./page-of.js";
import type { PayoutFilter, Payouts } from "./payouts.js";
import { type Fields, fieldOf, idOf, toFields } from "./request-fields.js";
import { toTransactionRow } from "./transaction-answers.js";

const defaultPageSize = 10;
const maxPageSize = 100;

export function registerTransactionRoutes(app: FastifyInstance, payouts: Payouts, isReferenceKept: boolean): void {
  app.get<ById>("/transaction/:id", { config: { scope: "transaction:read" } }, async (request) => {
    const payout = payouts.findByAnyKey(request.params.id);
    if (payout === undefined || payout.visibleAt > Date.now()) throw refused(404, "Transaction not found");
    return { message: "Transaction retrieved successfully", data: toTransactionRow(payout, isReferenceKept) };
  });

  app.post("/transaction", { config: { scope: "transaction:read" } }, async (request) => {
    const body = { ...toFields(request.query), ...toFields(request.body) };
    const page = { number: toPageNumber(idOf(body, "page")), size: pageSizeOf(body) };
    const type = fieldOf(body, "type");
    if (type !== undefined && !["SEND_MONEY", "FUND_WALLET", "SWAP"].includes(String(type))) throw invalid();
    const filter = toFilter(body);
    const { rows, total } =
      type === undefined || type === "SEND_MONEY"
        ? payouts.list(filter, (page.number - 1) * page.size, page.size)
        : { rows: [], total: 0 };
    return {
      message: "Transactions retrieved successfully",
      data: rows.map((payout) => toTransactionRow(payout, isReferenceKept)),
      ...toPageInfo("/api/external/transaction", page, total),
    };
  });
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

import type { FastifyInstance } from "fastify";
import { LosslessNumber } from "lossless-json";
import { refused } from "./api-error.js";
import { dayMs, fromDay, toApiTime } from "./api-time.js";
import { businessId } from "./business.js";
import type { ById } from "./customer.routes.js";
import { parseExact } from "./exact-json.js";
import { toPageNumber } from "./page-of.js";
import { toFields } from "./request-fields.js";
import type { WebhookAttempt, WebhookLog, WebhookLogs } from "./webhook-logs.js";

const defaultPageSize = 15;
const maxPageSize = 30;

export function registerWebhookLogRoutes(app: FastifyInstance, logs: WebhookLogs): void {
  app.get("/webhook-logs", { config: { scope: "webhook:read" } }, async (request) => {
    const query = toFields(request.query);
    const text = (name: string) => (typeof query[name] === "string" ? query[name] : undefined);
    const page = toPageNumber(query.page);
    const size = pageSizeOf(query.per_page);
    const endAt = fromDay(text("end_date") ?? "");
    const filter = {
      startAt: fromDay(text("start_date") ?? ""),
      endAt: endAt === undefined ? undefined : endAt + dayMs,
      status: text("status"),
      type: text("type"),
      searchTerm: text("search_term"),
    };
    const { rows, total } = logs.list(filter, (page - 1) * size, size);
    return { current_page: page, data: rows.map(toLog), per_page: size, total };
  });

  app.get<ById>("/webhook-logs/:id", { config: { scope: "webhook:read" } }, async (request) => {
    const log = logs.find(request.params.id);
    if (log === undefined) throw refused(404, "Not found");
    return {
      message: "Webhook log retrieved successfully",
      data: { ...toLog(log), webhook_log_histories: logs.attemptsOf(log.id).map(toHistory) },
    };
  });
}

function toLog(log: WebhookLog): Record<string, unknown> {
  return {
    id: log.id,
    business_id: businessId,
    business_transaction_id: log.transactionId,
    business_crypto_wallet_transaction_id: null,
    type: log.type,
    webhook_url: log.url,
    payload: parseExact(log.body),
    response: log.response === null ? null : { status: new LosslessNumber(log.response) },
    status: log.status,
    created_at: toApiTime(log.createdAt),
    updated_at: toApiTime(log.updatedAt),
  };
}

function toHistory({ id, attempt, timestamp, signature }: WebhookAttempt): Record<string, unknown> {
  return {
    id,
    metadata: { attempt },
    headers: { "x-blaaiz-signature": signature, "x-blaaiz-timestamp": timestamp },
  };
}

function pageSizeOf(value: unknown): number {
  const asked = Number(value ?? defaultPageSize);
  return Number.isSafeInteger(asked) && asked >= 1 ? Math.min(asked, maxPageSize) : defaultPageSize;
}

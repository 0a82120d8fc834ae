import { stringify } from "lossless-json";
import { z } from "zod";
import { hasNextPage, pagination } from "./page.js";
import { readAs } from "./provider-answer.js";
import type { CallClass, ProviderClient } from "./provider-client.js";
import { isProviderError } from "./provider-error.js";
import { id, text, time, underData } from "./provider-fields.js";
import { providerPath } from "./provider-path.js";

export interface WebhookUrls {
  payoutUrl: string;
  collectionUrl: string;
  /** Left out it keeps its value, null clears it. */
  kycUrl?: string | null;
}

export interface WebhookRegistration {
  /** The published sample has none, although an update needs it. */
  id: string | null;
  payoutUrl: string | null;
  collectionUrl: string | null;
  kycUrl: string | null;
}

/** What the provider tried to deliver, with the exact text of the body it sent. */
export interface WebhookLog {
  id: string;
  type: string | null;
  status: string | null;
  transactionId: string | null;
  payload: string | null;
  createdAt: Date | null;
}

/** Days are YYYY-MM-DD; logs are kept for 90 of them. */
export interface WebhookLogFilter {
  startDate?: string;
  endDate?: string;
  status?: "SUCCESSFUL" | "FAILED";
  type?: string;
  searchTerm?: string;
  page?: number;
  /** 1 to 30. */
  perPage?: number;
}

const registered = underData(z.object({ signing_secret: text.nullish() }));

const registration = underData(
  z.object({ id: id.nullish(), payout_url: text.nullish(), collection_url: text.nullish(), kyc_url: text.nullish() }),
);

const webhookLog = z
  .object({
    id,
    type: text.nullish(),
    status: text.nullish(),
    business_transaction_id: text.nullish(),
    payload: z.unknown(),
    created_at: time,
  })
  .transform(
    (log): WebhookLog => ({
      id: log.id,
      type: log.type ?? null,
      status: log.status ?? null,
      transactionId: log.business_transaction_id ?? null,
      payload: toPayloadText(log.payload),
      createdAt: log.created_at ?? null,
    }),
  );

export class WebhooksDataSource {
  readonly #provider: ProviderClient;

  constructor(provider: ProviderClient) {
    this.#provider = provider;
  }

  /** The signing secret is shown only in this answer; null where the provider ties it to the account instead. */
  async register(urls: WebhookUrls): Promise<{ signingSecret: string | null }> {
    const answer = await this.#provider.post("/webhook", fromUrls(urls));
    return { signingSecret: readAs("POST /webhook", registered, answer).signing_secret ?? null };
  }

  /** Null where none is registered. */
  async get(): Promise<WebhookRegistration | null> {
    try {
      const found = readAs("GET /webhook", registration, await this.#provider.get("/webhook"));
      return {
        id: found.id ?? null,
        payoutUrl: found.payout_url ?? null,
        collectionUrl: found.collection_url ?? null,
        kycUrl: found.kyc_url ?? null,
      };
    } catch (error) {
      if (isProviderError(error, "NOT_FOUND")) return null;
      throw error;
    }
  }

  async update(registrationId: string, urls: WebhookUrls): Promise<void> {
    await this.#provider.put(providerPath`/webhook/${registrationId}`, fromUrls(urls));
  }

  /** Has the provider deliver a transaction's webhook once more. Customer events cannot be asked for. */
  async replay(transactionId: string, callClass: CallClass = "write"): Promise<void> {
    await this.#provider.post("/webhook-replay", { transaction_id: transactionId }, callClass);
  }

  async listLogs(
    filter: WebhookLogFilter = {},
    callClass: CallClass = "read",
  ): Promise<{ logs: WebhookLog[]; hasMore: boolean }> {
    const query = {
      start_date: filter.startDate,
      end_date: filter.endDate,
      status: filter.status,
      type: filter.type,
      search_term: filter.searchTerm,
      page: filter.page?.toString(),
      per_page: filter.perPage?.toString(),
    };
    const answer = await this.#provider.get("/webhook-logs", query, callClass);
    return {
      logs: readAs("GET /webhook-logs", underData(z.array(webhookLog)), answer),
      hasMore: hasNextPage(readAs("GET /webhook-logs", pagination, answer)),
    };
  }

  async getLog(logId: string, callClass: CallClass = "read"): Promise<WebhookLog | null> {
    try {
      const path = providerPath`/webhook-logs/${logId}`;
      return readAs(`GET ${path}`, underData(webhookLog), await this.#provider.get(path, undefined, callClass));
    } catch (error) {
      if (isProviderError(error, "NOT_FOUND")) return null;
      throw error;
    }
  }
}

function fromUrls({ payoutUrl, collectionUrl, kycUrl }: WebhookUrls): Record<string, unknown> {
  return { collection_url: collectionUrl, payout_url: payoutUrl, ...(kycUrl === undefined ? {} : { kyc_url: kycUrl }) };
}

function toPayloadText(payload: unknown): string | null {
  if (payload === null || payload === undefined) return null;
  return typeof payload === "string" ? payload : (stringify(payload) ?? null);
}

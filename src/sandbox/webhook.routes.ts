import { Big } from "big.js";
import type { FastifyInstance } from "fastify";
import { FieldErrors, refused, refusedWithFlag } from "./api-error.js";
import { toApiTime } from "./api-time.js";
import type { ById } from "./customer.routes.js";
import type { Payouts } from "./payouts.js";
import { amountOf, type Fields, fieldOf, requiredTextOf, toFields } from "./request-fields.js";
import { toInteracCollectionWebhook } from "./webhook-bodies.js";
import type { WebhookLogs } from "./webhook-logs.js";
import type { WebhookOutbox } from "./webhook-outbox.js";
import type { WebhookRegistration } from "./webhook-registration.js";

const loopbackHosts = ["127.0.0.1", "localhost", "[::1]"];

export interface WebhookRouteParts {
  registration: WebhookRegistration;
  logs: WebhookLogs;
  outbox: WebhookOutbox;
  payouts: Payouts;
  signingSecret: string;
}

export function registerWebhookRoutes(app: FastifyInstance, parts: WebhookRouteParts): void {
  const { registration, logs, outbox, payouts } = parts;

  app.post("/webhook", { config: { scope: "webhook:write" } }, async (request) => {
    const body = toFields(request.body);
    registration.register({ ...readUrls(body), kycUrl: readUrl(body, "kyc_url") ?? null }, true);
    // The provider makes a new secret; here it stays, so that a receiver started with it keeps working.
    return { message: "Webhook record created successfully", data: { signing_secret: parts.signingSecret } };
  });

  app.get("/webhook", { config: { scope: "webhook:read" } }, async () => {
    const { current } = registration;
    if (current === undefined) throw refusedWithFlag(404, "No webhook URLs configured");
    return {
      id: current.id,
      payout_url: current.payoutUrl,
      collection_url: current.collectionUrl,
      kyc_url: current.kycUrl,
      created_at: toApiTime(current.createdAt),
      updated_at: toApiTime(current.updatedAt),
    };
  });

  app.put<ById>("/webhook/:id", { config: { scope: "webhook:write" } }, async (request) => {
    const { current } = registration;
    if (current === undefined || current.id !== request.params.id) throw refusedWithFlag(404, "Webhook not found");
    const body = toFields(request.body);
    const kycUrl = Object.hasOwn(body, "kyc_url") ? (readUrl(body, "kyc_url") ?? null) : current.kycUrl;
    registration.register({ ...readUrls(body), kycUrl }, true);
    return { message: "Webhook record updated successfully" };
  });

  app.post("/webhook-replay", { config: { scope: "webhook:replay" } }, async (request) => {
    const errors = new FieldErrors();
    const transactionId = requiredTextOf(toFields(request.body), "transaction_id", errors);
    errors.throwIfAny();
    const payout = payouts.find(transactionId);
    if (payout === undefined) throw refused(404, "Transaction not found");
    if (payout.status !== "SUCCESSFUL") throw refused(400, "Only successful transactions can be replayed");
    const log = logs.newestOfTransaction(transactionId);
    if (log === undefined) throw refused(404, "Webhook not found");
    outbox.replay(log);
    return { message: "Webhook replayed successfully" };
  });

  app.post("/mock/simulate-webhook/interac", { config: { scope: "mock:webhook:trigger" } }, async (request) => {
    const body = toFields(request.body);
    const errors = new FieldErrors();
    const amount = amountOf(body, "amount", errors) ?? new Big(100);
    errors.throwIfAny();
    const payer = fieldOf(body, "interac_email");
    const event = toInteracCollectionWebhook(typeof payer === "string" ? payer : "payer@example.com", amount.toFixed());
    const subject = String(event.transaction_id);
    outbox.announce({ subject, target: "collection", type: "collection", transactionId: subject, body: event });
    return { message: "Webhook sent successfully" };
  });
}

function readUrls(body: Fields): { payoutUrl: string; collectionUrl: string } {
  const payoutUrl = readUrl(body, "payout_url");
  const collectionUrl = readUrl(body, "collection_url");
  if (payoutUrl === undefined || collectionUrl === undefined) throw invalidUrl();
  return { payoutUrl, collectionUrl };
}

/** HTTPS as at the provider, and plain HTTP on this machine. */
function readUrl(body: Fields, name: string): string | undefined {
  const value = fieldOf(body, name);
  if (value === undefined) return undefined;
  if (typeof value !== "string" || !URL.canParse(value)) throw invalidUrl();
  const { protocol, hostname } = new URL(value);
  const isAllowed = protocol === "https:" || (protocol === "http:" && loopbackHosts.includes(hostname));
  if (!isAllowed) throw invalidUrl();
  return value;
}

function invalidUrl() {
  return refusedWithFlag(400, "Invalid webhook URL format");
}

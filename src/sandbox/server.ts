import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import part from "fastify-plugin";
import { checkAccess } from "./access-check.js";
import type { AccessTokens } from "./access-tokens.js";
import { registerAccountCheckRoutes } from "./account-check.routes.js";
import { ApiError } from "./api-error.js";
import { type ControlParts, registerControlRoutes } from "./control.routes.js";
import { type CustomerRouteParts, registerCustomerRoutes } from "./customer.routes.js";
import { parseExact, stringifyExact } from "./exact-json.js";
import { registerFeeRoutes } from "./fee.routes.js";
import { type FileRouteParts, registerFileRoutes } from "./file.routes.js";
import { registerOauthRoutes } from "./oauth.routes.js";
import { type PayoutRouteParts, registerPayoutRoutes } from "./payout.routes.js";
import type { RateLimiter } from "./rate-limit.js";
import { registerReferenceRoutes } from "./reference.routes.js";
import type { RequestLog } from "./request-log.js";
import type { Credentials } from "./settings.js";
import { registerStorageRoutes } from "./storage.routes.js";
import { registerSubmitRoutes } from "./submit.routes.js";
import { registerTransactionRoutes, type TransactionRouteParts } from "./transaction.routes.js";
import type { Wallets } from "./wallets.js";
import { registerWebhookRoutes, type WebhookRouteParts } from "./webhook.routes.js";
import { registerWebhookLogRoutes } from "./webhook-log.routes.js";

const maxBodyBytes = 1024 * 1024;

export interface ServerParts
  extends CustomerRouteParts,
    FileRouteParts,
    PayoutRouteParts,
    WebhookRouteParts,
    TransactionRouteParts,
    ControlParts {
  credentials: Credentials;
  tokens: AccessTokens;
  limiter: RateLimiter;
  requests: RequestLog;
  wallets: Wallets;
}

export function createServer(parts: ServerParts): FastifyInstance {
  const app = Fastify({ bodyLimit: maxBodyBytes, forceCloseConnections: true });
  app.setErrorHandler(answerError);
  app.setNotFoundHandler(answerNotFound);
  app.setReplySerializer(stringifyExact);
  readBodies(app, parts.requests);

  const control = part(async (scope) => registerControlRoutes(scope, parts), named("control"));
  const storage = part(async (scope) => registerStorageRoutes(scope, parts.files), named("storage"));
  const api = part(async (scope) => registerApi(scope, parts), named("api"));
  const provider = part(async (scope) => {
    parts.limiter.showOn(scope);
    registerOauthRoutes(scope, parts);
    scope.register(api, { prefix: "/api/external" });
  }, named("provider"));
  const simulated = part(async (scope) => {
    parts.requests.recordOn(scope);
    parts.faults.applyTo(scope);
    scope.register(storage);
    scope.register(provider);
  }, named("simulated"));
  app.register(control);
  app.register(simulated);
  return app;
}

/** Of a part without a name the framework looks for one among all modules that are loaded. */
function named(name: string) {
  return { name, encapsulate: true };
}

function registerApi(api: FastifyInstance, parts: ServerParts): void {
  parts.limiter.applyTo(api);
  checkAccess(api, parts.tokens, parts.credentials.apiKey);
  api.setNotFoundHandler(answerNotFound);
  registerCustomerRoutes(api, parts);
  registerSubmitRoutes(api, parts.customers, parts.review);
  registerFileRoutes(api, parts);
  registerPayoutRoutes(api, parts);
  registerTransactionRoutes(api, parts);
  registerReferenceRoutes(api, parts.wallets);
  registerAccountCheckRoutes(api);
  registerFeeRoutes(api);
  registerWebhookRoutes(api, parts);
  registerWebhookLogRoutes(api, parts.logs);
}

function readBodies(app: FastifyInstance, requests: RequestLog): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("application/json", { parseAs: "string" }, (request, text, done) => {
    const rawBody = text.toString();
    try {
      requests.recordBody(request, rawBody, rawBody === "" ? undefined : JSON.parse(rawBody));
      done(null, rawBody === "" ? undefined : parseExact(rawBody));
    } catch {
      requests.recordBody(request, rawBody, undefined);
      done(new ApiError(400, { message: "The request body is not valid JSON." }));
    }
  });
  app.addContentTypeParser("application/x-www-form-urlencoded", { parseAs: "string" }, (request, text, done) => {
    const form = new URLSearchParams(text.toString());
    requests.recordBody(request, text.toString(), Object.fromEntries(form));
    done(null, form);
  });
}

function answerError(error: unknown, _request: FastifyRequest, reply: FastifyReply): FastifyReply {
  if (error instanceof ApiError) return reply.code(error.status).send(error.body);
  const status = statusOf(error);
  if (status < 500 && error instanceof Error) return reply.code(status).send({ message: error.message });
  process.emitWarning(error instanceof Error ? error : String(error));
  return reply.code(500).send({ message: "Server Error" });
}

function statusOf(error: unknown): number {
  const status = error instanceof Error && "statusCode" in error ? error.statusCode : undefined;
  return typeof status === "number" && status >= 400 ? status : 500;
}

function answerNotFound(_request: FastifyRequest, reply: FastifyReply): FastifyReply {
  return reply.code(404).send({ message: "Not Found" });
}

import { randomUUID } from "node:crypto";
import fastify, { type FastifyBaseLogger, type FastifyError, type FastifyInstance, LogController } from "fastify";
import { AccessError } from "../access/access-error.js";
import type { Logger } from "../telemetry/logger.js";
import type { WebhookReceiver } from "../webhooks/receive-webhook.js";
import { type GraphqlParts, graphqlRoutes } from "./graphql.routes.js";
import { type OperatorParts, operatorRoutes } from "./operator.routes.js";
import { UploadFault } from "./uploads/upload-faults.js";
import { webhookRoutes } from "./webhook.routes.js";
import { serveWebSocket } from "./websocket.js";

export interface ServerParts extends GraphqlParts, OperatorParts {
  receiver: WebhookReceiver;
}

const maxBodyBytes = 100_000;

/** The HTTP server, ready to listen. Closing it closes the sockets too. */
export async function createServer(parts: ServerParts): Promise<FastifyInstance> {
  const app = fastify({
    bodyLimit: maxBodyBytes,
    genReqId: () => randomUUID(),
    loggerInstance: parts.logger as FastifyBaseLogger,
    // One line for each request is written below: Fastify's own would hold the URL, which may hold a query.
    logController: new LogController({ disableRequestLogging: true }),
    forceCloseConnections: true,
  });
  logRequests(app, parts.logger);
  answerErrors(app, parts.logger);

  // Fastify gives each registered part parsers and hooks of its own.
  await app.register(async (scope) => {
    const { subscriber } = await graphqlRoutes(scope, parts);
    const closeSockets = serveWebSocket({ ...parts, subscriber, server: app.server, maxMessageBytes: maxBodyBytes });
    app.addHook("preClose", closeSockets);
  });
  await app.register(webhookRoutes, { receiver: parts.receiver });
  await app.register(operatorRoutes, parts);
  await app.ready();
  return app;
}

function logRequests(app: FastifyInstance, logger: Logger): void {
  app.addHook("onSend", async (request, reply) => {
    reply.header("x-request-id", request.id);
  });
  app.addHook("onResponse", async (request, reply) => {
    const { id: requestId, method } = request;
    const path = request.routeOptions.url ?? "(none)";
    const ms = Math.round(reply.elapsedTime);
    logger.debug({ requestId, method, path, status: reply.statusCode, ms }, "request");
  });
}

function answerErrors(app: FastifyInstance, logger: Logger): void {
  app.setErrorHandler((error: FastifyError | UploadFault | AccessError, request, reply) => {
    if (error instanceof AccessError) {
      const { code, message } = error;
      if (code === "UNAUTHENTICATED") reply.header("www-authenticate", "Bearer");
      return reply.code(code === "UNAUTHENTICATED" ? 401 : 403).send({ errors: [{ message, extensions: { code } }] });
    }
    const status = error instanceof UploadFault ? error.status : (error.statusCode ?? 500);
    const isOurs = status >= 500;
    if (isOurs) logger.error({ err: error, requestId: request.id }, "unexpected error");
    const message = isOurs ? "Something went wrong here." : error.message;
    const code = isOurs ? "INTERNAL_SERVER_ERROR" : status === 413 ? "LIMIT_EXCEEDED" : "BAD_USER_INPUT";
    const extensions = isOurs ? { code, requestId: request.id } : { code };
    return reply.code(status).send({ errors: [{ message, extensions }] });
  });
  app.setNotFoundHandler((_request, reply) => {
    return reply.code(404).send({ errors: [{ message: "There is nothing here.", extensions: { code: "NOT_FOUND" } }] });
  });
}

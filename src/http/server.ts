import { randomUUID } from "node:crypto";
import fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from "fastify";
import part from "fastify-plugin";
import type { Logger } from "../telemetry/logger.js";
import type { WebhookReceiver } from "../webhooks/receive-webhook.js";
import { answerClientError, answerError, answerErrors } from "./answer-errors.js";
import { secureHeaders } from "./browser-rules.js";
import { dashboardRoutes, isBuilt } from "./dashboard.routes.js";
import { watchDeadlines } from "./deadlines.js";
import { drainConnections } from "./drain-connections.js";
import { type GraphqlParts, graphqlRoutes } from "./graphql.routes.js";
import { limitConnections } from "./limit-connections.js";
import { named } from "./named.js";
import { type OperatorParts, operatorRoutes } from "./operator.routes.js";
import { type ShortWay, standBefore } from "./short-way.js";
import { RequestTracer } from "./trace-requests.js";
import { webhookRoutes } from "./webhook.routes.js";
import { WebhookDoor } from "./webhook-door.js";
import { WebhookLane } from "./webhook-lane.js";
import { serveWebSocket } from "./websocket.js";

export interface ServerParts extends Omit<GraphqlParts, "deadlines" | "isTraced">, OperatorParts {
  /** Where the page was built to; null where none is served. */
  dashboardFolder: string | null;
  receiver: WebhookReceiver;
  limits: ServerLimits;
  /** The node is about to end. */
  isStopping: () => boolean;
  /** How long connections that are not used are left open at a stop. */
  lingerMs: number;
}

export interface ServerLimits {
  bodyBytes: number;
  connectionsPerAddress: number;
  headersMs: number;
  requestMs: number;
  uploadMs: number;
}

/** The HTTP server, ready to listen. Closing it closes the sockets too. */
export async function createServer(parts: ServerParts): Promise<FastifyInstance> {
  const { limits, logger, metrics } = parts;
  const { bodyBytes, headersMs, requestMs, uploadMs } = limits;
  const app = fastify({
    bodyLimit: bodyBytes,
    genReqId: () => randomUUID(),
    loggerInstance: logger as FastifyBaseLogger,
    // One line for each request is written below: Fastify's own would hold the URL, which may hold a query.
    logController: new LogController({ disableRequestLogging: true }),
    // What is under way at a stop is finished, and what comes meanwhile over a connection that is open is served.
    forceCloseConnections: "idle",
    return503OnClosing: false,
    http: { headersTimeout: headersMs, connectionsCheckingInterval: Math.min(1_000, headersMs) },
    // The longest of all: a body that is no upload has a deadline of its own.
    requestTimeout: headersMs + Math.max(requestMs, uploadMs),
    clientErrorHandler: answerClientError(metrics),
    frameworkErrors: (error, request, reply) => void answerError(error, request, reply, logger, metrics),
  });
  limitConnections(app.server, limits.connectionsPerAddress, metrics);
  let endLasting = async () => {};
  drainConnections(app, { ...parts, endLasting: () => endLasting() });
  await secureHeaders(app);
  const deadlines = watchDeadlines(app, limits);
  logRequests(app, logger);
  const tracer = new RequestTracer(parts.tracing);
  tracer.watch(app);
  answerErrors(app, logger, metrics);

  const shortWays: ShortWay[] = [];
  // Fastify gives each of them parsers and hooks of its own.
  const graphql = part(async (scope: FastifyInstance) => {
    const routes = await graphqlRoutes(scope, { ...parts, deadlines, isTraced: tracer.isTraced });
    shortWays.push(routes.lane);
    const closeSockets = serveWebSocket({
      ...parts,
      subscriber: routes.subscriber,
      server: app.server,
      maxMessageBytes: bodyBytes,
      onRefused: (reason) => metrics.refusals.inc({ reason }),
    });
    endLasting = () => {
      routes.endStreams();
      return closeSockets();
    };
  }, named("graphql"));
  await app.register(graphql);
  const door = new WebhookDoor(parts.receiver, parts.answerWithinMs, logger);
  const webhookLane = new WebhookLane({ door, deadlines, isTracing: parts.tracing.isOn });
  shortWays.push(webhookLane);
  await app.register(part(webhookRoutes, named("webhooks")), { door, lane: webhookLane });
  await app.register(part(operatorRoutes, named("operator")), parts);
  const { dashboardFolder } = parts;
  if (isBuilt(dashboardFolder)) await app.register(part(dashboardRoutes, named("dashboard")), { dashboardFolder });
  else if (parts.hasExplorer) app.get("/", (_request, reply) => reply.redirect("/graphiql"));
  await app.ready();
  // They do not write the line that each request has there.
  if (!logger.isLevelEnabled("debug")) standBefore(app.server, shortWays, parts.isStopping);
  return app;
}

function logRequests(app: FastifyInstance, logger: Logger): void {
  app.addHook("onRequest", async (request, reply) => {
    reply.header("x-request-id", request.id);
  });
  app.addHook("onResponse", async (request, reply) => {
    const { id: requestId, method } = request;
    const path = request.routeOptions.url ?? "(none)";
    const ms = Math.round(reply.elapsedTime);
    logger.debug({ requestId, method, path, status: reply.statusCode, ms }, "request");
  });
}

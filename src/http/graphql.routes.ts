import type { IncomingMessage, OutgoingHttpHeaders } from "node:http";
import { ApolloServer, type ApolloServerPlugin } from "@apollo/server";
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginLandingPageDisabled,
} from "@apollo/server/plugin/disabled";
import { fastifyApolloHandler } from "@as-integrations/fastify";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import part from "fastify-plugin";
import type { GraphQLSchema } from "graphql";
import type { AuditTrail } from "../access/audit-trail.js";
import type { FreshAnswers } from "../mirror/fresh-answers.js";
import type { Logger } from "../telemetry/logger.js";
import type { Metrics } from "../telemetry/metrics.js";
import type { Tracing } from "../telemetry/tracing.js";
import type { Admission, AdmittedOperation } from "./admission/admission.js";
import { readParameters, readRequest } from "./admission/read-request.js";
import { badRequest } from "./admission/refusal.js";
import { authenticateRequests, principalOf } from "./authenticate.js";
import { allowOrigins, isPreflighted, preflightHeader } from "./browser-rules.js";
import type { CallerLimits } from "./caller-limits.js";
import { CompiledGateway } from "./compiled-gateway.js";
import type { CreateContext } from "./create-context.js";
import type { CredentialGuard } from "./credential-guard.js";
import type { Deadlines } from "./deadlines.js";
import { createEventStreams } from "./event-stream.js";
import { FastLane } from "./fast-lane.js";
import { takeJson } from "./json-body.js";
import { KnownOperations } from "./known-operations.js";
import { usualMediaType } from "./media-types.js";
import { named } from "./named.js";
import { OperationTimes } from "./operation-times.js";
import { toPublicFormat } from "./public-error.js";
import { isWhollyUnavailable, lateAfterMs, retryAfterSeconds, within } from "./service-unavailable.js";
import type { Sessions } from "./sessions.js";
import { throwFault } from "./short-way.js";
import { createSubscriber, type Subscriber } from "./subscribe.js";
import type { MultipartLimits } from "./uploads/receive-multipart.js";
import { takeUploads } from "./uploads/take-uploads.js";

export interface GraphqlParts {
  schema: GraphQLSchema;
  answers: FreshAnswers;
  createContext: CreateContext;
  credentials: CredentialGuard;
  admission: Admission;
  callers: CallerLimits;
  sessions: Sessions;
  deadlines: Deadlines;
  metrics: Metrics;
  audit: AuditTrail;
  isTraced: (request: IncomingMessage) => boolean;
  /** When a caller is answered with what is known. */
  answerWithinMs: number;
  now: () => number;
  tracing: Tracing;
  corsOrigins: readonly string[];
  uploadLimits: MultipartLimits & { atOnce: number };
  logger: Logger;
}

const otherBody = `Send the body with content-type: application/json, or an upload as multipart/form-data with ${preflightHeader}.`;
const foreignPage = `A page of another site could send this. Prove that you are none by the header ${preflightHeader}, with any value.`;

export interface GraphqlTransports {
  subscriber: Subscriber;
  lane: FastLane;
  /** Ends every event stream without its last event, so that its client comes back to another node. */
  endStreams: () => void;
}

export async function graphqlRoutes(app: FastifyInstance, parts: GraphqlParts): Promise<GraphqlTransports> {
  const { schema, createContext, credentials, admission, callers, sessions, logger } = parts;
  const compiled = new CompiledGateway(schema, logger);
  const times = new OperationTimes(parts.metrics);
  const apollo = await startApollo(parts, compiled, times);
  const known = new KnownOperations({ ...parts, compiled, times });
  const lane = new FastLane({ ...parts, known });
  app.addHook("onClose", () => apollo.stop());

  // Before anything else: a browser asks without a credential whether it may send one.
  await allowOrigins(app, parts.corsOrigins);
  app.addHook("onRequest", async ({ raw }) => throwFault(raw));
  app.addHook("preParsing", async ({ raw }, _reply, payload) => lane.heldBody(raw) ?? payload);
  authenticateRequests(app, credentials);
  app.addHook("onRequest", async (request, reply) => {
    const principal = principalOf(request);
    if (!lane.isCounted(request.raw)) callers.request(principal);
    // What is never inflated cannot grow.
    if (request.headers["content-encoding"] !== undefined) {
      throw badRequest("The body must not be compressed.", { status: 415 });
    }
    // A stream is open for days: it counts as a socket, and a browser cannot send a header with it.
    if (request.routeOptions.url !== "/graphql") return;
    if (request.method === "GET" && !isPreflighted(request.headers)) throw badRequest(foreignPage, { reason: "csrf" });
    reply.raw.once("close", callers.operation(principal));
  });
  takeJson(app, (request, body) => lane.noteBody(request.raw, body));
  app.removeContentTypeParser("text/plain");
  app.addContentTypeParser("*", (_request, _payload, done) =>
    done(badRequest(otherBody, { reason: "csrf", status: 415 })),
  );

  const admitted = new WeakMap<FastifyRequest, AdmittedOperation>();
  const requests = part(async (scope: FastifyInstance) => {
    takeUploads(scope, parts.uploadLimits);
    const answerByServer = fastifyApolloHandler(apollo, {
      context: async (request) => createContext({ requestId: request.id, principal: principalOf(request) }),
    }) as (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>;
    const inTime = <T>(request: FastifyRequest, reply: FastifyReply, work: Promise<T>): Promise<T> => {
      // Uploads take as long as their lines, and have deadlines of their own.
      if (request.headers["content-type"]?.startsWith("multipart/")) return work;
      return within(parts.answerWithinMs + lateAfterMs - reply.elapsedTime, work);
    };
    const answerPost = async (request: FastifyRequest, reply: FastifyReply) => {
      const principal = principalOf(request);
      const operation = admission.admit(principal, readRequest(request.body), "POST", request.id);
      const mediaType = usualMediaType(request.headers.accept);
      const body = mediaType === null ? null : await known.answer(operation, principal, request.id);
      if (mediaType && body !== null) {
        lane.learn(request.raw, operation, mediaType, reply.getHeaders() as OutgoingHttpHeaders);
        reply.header("content-type", mediaType);
        return body;
      }
      parts.metrics.queries.server += 1;
      request.body = apolloRequest(operation);
      return answerByServer(request, reply);
    };
    scope.post("/graphql", (request, reply) => inTime(request, reply, answerPost(request, reply)));
    scope.get("/graphql", { exposeHeadRoute: false }, async (request, reply) => {
      const asked = readParameters(request.query);
      const operation = admission.admit(principalOf(request), asked, "GET", request.id);
      // It was named by its hash, which Apollo is not to look up.
      if (asked.query === null) request.raw.url = `/graphql?${apolloParameters(operation)}`;
      parts.metrics.queries.server += 1;
      return inTime(request, reply, answerByServer(request, reply));
    });
  }, named("requests"));
  await app.register(requests);

  const subscriber = createSubscriber({ ...parts, times });
  const streams = createEventStreams({
    schema,
    subscriber,
    sessions,
    admittedOf: (request) => admitted.get(request) as AdmittedOperation,
  });
  app.route({
    method: ["GET", "POST"],
    url: "/graphql/stream",
    exposeHeadRoute: false,
    preHandler: async (request) => {
      const asked = request.method === "GET" ? readParameters(request.query) : readRequest(request.body);
      const principal = principalOf(request);
      admitted.set(request, admission.admit(principal, asked, "stream", request.id));
      callers.socket(principal);
      callers.subscription(principal);
    },
    handler: streams.handle,
  });
  return { subscriber, lane, endStreams: streams.end };
}

/** Behind admission it has nothing left to refuse: it runs what was admitted and chooses the kind of answer. */
async function startApollo(
  { admission, logger }: GraphqlParts,
  compiled: CompiledGateway,
  times: OperationTimes,
): Promise<ApolloServer> {
  const hashLength = 64;
  const apollo = new ApolloServer({
    gateway: compiled,
    documentStore: {
      get: async (key) => admission.documentOf(key.slice(-hashLength)),
      set: async () => undefined,
      delete: async () => undefined,
    },
    introspection: true,
    hideSchemaDetailsFromClientErrors: true,
    includeStacktraceInErrorResponses: false,
    formatError: (formatted, error) => toPublicFormat(formatted, error, logger),
    persistedQueries: false,
    stopOnTerminationSignals: false,
    logger,
    plugins: [
      // It would wrap the resolver of every field, and undo the compiler.
      ApolloServerPluginCacheControlDisabled(),
      ApolloServerPluginLandingPageDisabled(),
      timeOperations(times),
    ],
  });
  await apollo.start();
  return apollo;
}

function timeOperations(times: OperationTimes): ApolloServerPlugin {
  return {
    requestDidStart: async () => {
      const startedAtMs = performance.now();
      return {
        willSendResponse: async ({ document, operation, errors, response }) => {
          const { body, http } = response;
          if (body.kind === "single" && isWhollyUnavailable(body.singleResult)) {
            http.status = 503;
            http.headers.set("retry-after", String(retryAfterSeconds));
          }
          if (document && operation) times.of(document, operation)[errors?.length ? "errors" : "ok"].since(startedAtMs);
        },
      };
    },
  };
}

function apolloRequest({ text, operationName, variables }: AdmittedOperation) {
  return { query: text, variables, ...(operationName === null ? {} : { operationName }) };
}

function apolloParameters({ text, operationName, variables }: AdmittedOperation): URLSearchParams {
  const parameters = new URLSearchParams({ query: text, variables: JSON.stringify(variables) });
  if (operationName !== null) parameters.set("operationName", operationName);
  return parameters;
}

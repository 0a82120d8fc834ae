import { ApolloServer } from "@apollo/server";
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginLandingPageDisabled,
} from "@apollo/server/plugin/disabled";
import { fastifyApolloHandler } from "@as-integrations/fastify";
import type { FastifyInstance, FastifyRequest } from "fastify";
import type { GraphQLSchema } from "graphql";
import type { AuditTrail } from "../access/audit-trail.js";
import type { Authenticator } from "../access/authenticator.js";
import type { Logger } from "../telemetry/logger.js";
import { authenticateRequests, principalOf } from "./authenticate.js";
import { checkScopes } from "./check-scopes.js";
import { CompiledGateway } from "./compiled-gateway.js";
import type { CreateContext } from "./create-context.js";
import { createEventStreamHandler } from "./event-stream.js";
import { toPublicFormat } from "./public-error.js";
import type { Sessions } from "./sessions.js";
import { createSubscriber, type Subscriber } from "./subscribe.js";
import { type MultipartLimits, type ReceivedMultipart, receiveMultipart } from "./uploads/receive-multipart.js";
import { UploadFault } from "./uploads/upload-faults.js";

export interface GraphqlParts {
  schema: GraphQLSchema;
  createContext: CreateContext;
  authenticator: Authenticator;
  sessions: Sessions;
  audit: AuditTrail;
  hasIntrospection: boolean;
  uploadLimits: MultipartLimits;
  logger: Logger;
}

const preflightHeader = "apollo-require-preflight";
const otherBody = `Send the body with content-type: application/json, or an upload as multipart/form-data with ${preflightHeader}.`;

export async function graphqlRoutes(app: FastifyInstance, parts: GraphqlParts): Promise<{ subscriber: Subscriber }> {
  const { schema, createContext, authenticator, sessions, hasIntrospection, logger, uploadLimits } = parts;
  const apollo = new ApolloServer({
    gateway: new CompiledGateway(schema, logger),
    introspection: hasIntrospection,
    // A suggestion tells of the schema what introspection would.
    hideSchemaDetailsFromClientErrors: !hasIntrospection,
    includeStacktraceInErrorResponses: false,
    formatError: (formatted, error) => toPublicFormat(formatted, error, logger),
    persistedQueries: false,
    stopOnTerminationSignals: false,
    logger,
    plugins: [
      // It would wrap the resolver of every field, and undo the compiler.
      ApolloServerPluginCacheControlDisabled(),
      ApolloServerPluginLandingPageDisabled(),
      checkScopes(schema),
    ],
  });
  await apollo.start();
  app.addHook("onClose", () => apollo.stop());

  authenticateRequests(app, authenticator);
  const received = new WeakMap<FastifyRequest, ReceivedMultipart>();
  app.addContentTypeParser("multipart/form-data", (_request, _payload, done) => done(null));
  app.addContentTypeParser("*", (_request, _payload, done) => done(new UploadFault(415, otherBody)));
  const context = async (request: FastifyRequest) =>
    createContext({ requestId: request.id, principal: principalOf(request) });

  app.route({
    method: ["GET", "POST"],
    url: "/graphql",
    handler: fastifyApolloHandler(apollo, { context }),
    preHandler: async (request, reply) => {
      if (!/^multipart\//i.test(request.headers["content-type"] ?? "")) return;
      if (!request.headers[preflightHeader] && !request.headers["x-apollo-operation-name"]) {
        throw new UploadFault(400, `An upload needs the header ${preflightHeader}: send it with any value.`);
      }
      const multipart = await receiveMultipart(request.raw, reply.raw, uploadLimits);
      received.set(request, multipart);
      request.body = multipart.operations;
    },
    // The request broke off, or grew over its limit, while its operations were under way already.
    onSend: async (request, reply, payload) => {
      const fault = received.get(request)?.fault;
      if (!fault || reply.statusCode >= 400) return payload;
      reply.code(fault.status);
      return JSON.stringify({ errors: [{ message: fault.message, extensions: { code: "LIMIT_EXCEEDED" } }] });
    },
    onResponse: async (request) => {
      await received.get(request)?.release();
    },
  });

  const subscriber = createSubscriber(logger);
  app.route({
    method: ["GET", "POST"],
    url: "/graphql/stream",
    handler: createEventStreamHandler({
      schema,
      subscriber,
      createContext,
      sessions,
      hasIntrospection,
      audit: parts.audit,
    }),
  });
  return { subscriber };
}

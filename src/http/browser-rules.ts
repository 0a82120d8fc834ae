// What browsers are told: who may call from a page, and what an answer of ours may do there.

import type { IncomingHttpHeaders } from "node:http";
import cors from "@fastify/cors";
import helmet from "@fastify/helmet";
import type { FastifyInstance } from "fastify";

export const preflightHeader = "apollo-require-preflight";

/** A page of another site cannot set these without asking first; the second one is what Apollo's clients send. */
export function isPreflighted(headers: IncomingHttpHeaders): boolean {
  return Boolean(headers[preflightHeader] || headers["x-apollo-operation-name"]);
}

/** For answers that are data. A page brings a policy of its own with its route, as `helmet.contentSecurityPolicy`. */
export async function secureHeaders(app: FastifyInstance): Promise<void> {
  await app.register(helmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: { "default-src": ["'none'"], "frame-ancestors": ["'none'"] },
    },
    frameguard: { action: "deny" },
    hsts: { includeSubDomains: false },
    // What is left out here is for pages of other times.
    crossOriginOpenerPolicy: false,
    originAgentCluster: false,
    dnsPrefetchControl: false,
    ieNoOpen: false,
    permittedCrossDomainPolicies: false,
    xssFilter: false,
  });
  app.addHook("onRequest", async (_request, reply) => {
    reply.header("cache-control", "no-store");
  });
}

/** Lets pages of these origins call the routes of the scope. Credentials are headers, never cookies. */
export async function allowOrigins(scope: FastifyInstance, origins: readonly string[]): Promise<void> {
  if (origins.length === 0) return;
  await scope.register(cors, {
    origin: [...origins],
    methods: ["GET", "POST"],
    allowedHeaders: ["authorization", "content-type", preflightHeader, "last-event-id"],
    exposedHeaders: ["x-request-id", "retry-after"],
    maxAge: 600,
  });
}

/** Only browsers say where a request comes from: a client without an origin is no page. */
export function mayOpenSocket(
  { origin, host }: { origin?: string | undefined; host?: string | undefined },
  origins: readonly string[],
): boolean {
  if (!origin || origins.includes(origin)) return true;
  return URL.canParse(origin) && new URL(origin).host === host;
}

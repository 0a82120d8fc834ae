import type { FastifyInstance } from "fastify";
import type { Metrics } from "../telemetry/metrics.js";
import { exampleTabs } from "./example-operations.js";

export interface OperatorParts {
  metrics: Metrics;
  /** False where they have a port of their own. */
  servesMetrics: boolean;
  /** The node is about to end, and is to be sent nothing more. */
  isStopping: () => boolean;
  /** The reason why the gateway cannot keep its promises now; the detail is of what it does besides. */
  checkReadiness: () => Promise<{ reason: string | null; detail: string | null }>;
  hasExplorer: boolean;
}

export async function operatorRoutes(app: FastifyInstance, parts: OperatorParts): Promise<void> {
  app.get("/livez", async () => ({ status: "ok" }));

  app.get("/readyz", async (_request, reply) => {
    if (parts.isStopping()) return reply.code(503).send({ status: "draining", reason: "The gateway is stopping." });
    const { reason, detail } = await parts.checkReadiness();
    if (reason !== null) return reply.code(503).send({ status: "not ready", reason });
    return { status: "ok", ...(detail === null ? {} : { detail }) };
  });

  if (parts.servesMetrics) {
    app.get("/metrics", async (_request, reply) => {
      const { registry } = parts.metrics;
      return reply.type(registry.contentType).send(await registry.metrics());
    });
  }

  if (!parts.hasExplorer) return;
  let page: Promise<string> | undefined;
  // One file with everything in it, and workers that it makes of its own text.
  const contentSecurityPolicy = {
    useDefaults: false,
    directives: {
      "default-src": ["'none'"],
      "script-src": ["'unsafe-inline'"],
      "style-src": ["'unsafe-inline'"],
      "img-src": ["data:"],
      "font-src": ["data:"],
      "worker-src": ["blob:", "data:"],
      "connect-src": ["'self'"],
      "base-uri": ["'none'"],
      "form-action": ["'none'"],
      "frame-ancestors": ["'none'"],
    },
  };
  app.get("/graphiql", { helmet: { contentSecurityPolicy } }, async (_request, reply) => {
    page ??= renderExplorer();
    return reply.type("text/html; charset=utf-8").send(await page);
  });
}

/** Loaded when it is first looked at: it is half as big as everything else together. */
async function renderExplorer(): Promise<string> {
  const { renderGraphiQL } = await import("@graphql-yoga/render-graphiql");
  return renderGraphiQL({
    title: "payout-gateway",
    endpoint: "/graphql",
    subscriptionsProtocol: "WS",
    headers: JSON.stringify({ "apollo-require-preflight": "true" }),
    defaultTabs: exampleTabs,
  });
}

import { renderGraphiQL } from "@graphql-yoga/render-graphiql";
import type { FastifyInstance } from "fastify";
import type { Metrics } from "../telemetry/metrics.js";

export interface OperatorParts {
  metrics: Metrics;
  /** Whether the gateway can keep its promises now; the reason where it cannot. */
  checkReadiness: () => Promise<string | null>;
  hasExplorer: boolean;
}

export async function operatorRoutes(app: FastifyInstance, parts: OperatorParts): Promise<void> {
  app.get("/livez", async () => ({ status: "ok" }));

  app.get("/readyz", async (_request, reply) => {
    const reason = await parts.checkReadiness();
    return reason === null ? { status: "ok" } : reply.code(503).send({ status: "not ready", reason });
  });

  app.get("/metrics", async (_request, reply) => {
    const { registry } = parts.metrics;
    return reply.type(registry.contentType).send(await registry.metrics());
  });

  if (!parts.hasExplorer) return;
  const page = renderGraphiQL({
    title: "payout-gateway",
    endpoint: "/graphql",
    subscriptionsProtocol: "WS",
    headers: JSON.stringify({ "apollo-require-preflight": "true" }),
  });
  app.get("/graphiql", (_request, reply) => reply.type("text/html; charset=utf-8").send(page));
  app.get("/", (_request, reply) => reply.redirect("/graphiql"));
}

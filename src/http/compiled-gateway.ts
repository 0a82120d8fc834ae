// Runs operations as compiled functions. Apollo parses, validates and keeps documents; each document is compiled when it
// is first run, and its plan lives as long as Apollo keeps the document.

import type { ApolloServerOptionsWithGateway } from "@apollo/server";
import { type DocumentNode, type ExecutionResult, GraphQLError, type GraphQLSchema } from "graphql";
import { type CompiledQuery, compileQuery, isCompiledQuery } from "graphql-jit";
import type { RequestContext } from "../resolvers/request-context.js";
import type { Logger } from "../telemetry/logger.js";
import { toPublicError } from "./public-error.js";

type GatewayInterface = ApolloServerOptionsWithGateway<RequestContext>["gateway"];
type GatewayExecutor = NonNullable<Awaited<ReturnType<GatewayInterface["load"]>>["executor"]>;
type Plan = CompiledQuery | ExecutionResult;

export class CompiledGateway implements GatewayInterface {
  readonly #schema: GraphQLSchema;
  readonly #logger: Logger;
  readonly #plans = new WeakMap<DocumentNode, Map<string, Plan>>();

  constructor(schema: GraphQLSchema, logger: Logger) {
    this.#schema = schema;
    this.#logger = logger;
  }

  readonly #execute: GatewayExecutor = async ({ document, operation, operationName, request, context }) => {
    const requestContext = context as RequestContext;
    // Apollo leaves it to the executor to find that the document has no operation by the name that was asked for.
    if (!operation) throw refusal("operationName must name one operation of the document.");
    if (operation.operation === "subscription") {
      throw refusal("Subscriptions are served over WebSocket here and over SSE at /graphql/stream.");
    }
    const plan = this.#planOf(document, operationName ?? "");
    const result: ExecutionResult = isCompiledQuery(plan)
      ? await plan.query({}, requestContext, { ...request.variables })
      : plan;
    if (!result.errors) return result;
    return {
      ...result,
      errors: result.errors.map((error) => toPublicError(error, requestContext.requestId, this.#logger)),
    };
  };

  async load(): Promise<{ executor: GatewayExecutor }> {
    return { executor: this.#execute };
  }

  onSchemaLoadOrUpdate(callback: Parameters<GatewayInterface["onSchemaLoadOrUpdate"]>[0]): () => void {
    callback({ apiSchema: this.#schema, coreSupergraphSdl: "" });
    return () => {};
  }

  async stop(): Promise<void> {}

  #planOf(document: DocumentNode, operationName: string): Plan {
    let plans = this.#plans.get(document);
    if (!plans) {
      plans = new Map();
      this.#plans.set(document, plans);
    }
    let plan = plans.get(operationName);
    if (!plan) {
      plan = compileQuery(this.#schema, document, operationName || undefined);
      plans.set(operationName, plan);
    }
    return plan;
  }
}

function refusal(message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code: "BAD_USER_INPUT", http: { status: 400 } } });
}

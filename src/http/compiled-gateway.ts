// Runs operations as compiled functions. Each document is compiled when it is first run, and its plan lives as long as
// admission keeps the document.

import type { ApolloServerOptionsWithGateway } from "@apollo/server";
import type { DocumentNode, ExecutionResult, GraphQLError, GraphQLSchema } from "graphql";
import { type CompiledQuery, compileQuery, isCompiledQuery } from "graphql-jit";
import type { RequestContext } from "../resolvers/request-context.js";
import type { Logger } from "../telemetry/logger.js";
import { variableFaults } from "./admission/variable-faults.js";
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
    const plan = this.planOf(document, operationName ?? "");
    const result: ExecutionResult = isCompiledQuery(plan)
      ? await plan.query({}, requestContext, { ...request.variables })
      : plan;
    if (!result.errors) return result;
    if (!("data" in result) && operation) {
      const faults = variableFaults(this.#schema, operation, request.variables ?? {});
      if (faults.length > 0) return { errors: faults };
    }
    return {
      ...result,
      errors: result.errors.map((error) => this.toPublicError(error, requestContext.requestId)),
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

  toPublicError(error: GraphQLError, requestId: string): GraphQLError {
    return toPublicError(error, requestId, this.#logger);
  }

  planOf(document: DocumentNode, operationName: string): Plan {
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

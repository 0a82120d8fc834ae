// Runs operations as compiled functions. To compile one costs more than to run it once, so a document is compiled when it
// comes for the second time; its plan lives as long as admission keeps the document.

import type { ApolloServerOptionsWithGateway } from "@apollo/server";
import { type DocumentNode, type ExecutionResult, execute, type GraphQLSchema } from "graphql";
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
  readonly #met = new WeakSet<DocumentNode>();
  readonly #plans = new WeakMap<DocumentNode, Map<string, Plan>>();

  constructor(schema: GraphQLSchema, logger: Logger) {
    this.#schema = schema;
    this.#logger = logger;
  }

  readonly #execute: GatewayExecutor = async ({ document, operation, operationName, request, context }) => {
    const requestContext = context as RequestContext;
    const variables = { ...request.variables };
    const result = this.#isNew(document)
      ? await execute({
          schema: this.#schema,
          document,
          operationName: operationName ?? null,
          rootValue: {},
          contextValue: requestContext,
          variableValues: variables,
        })
      : await this.#run(this.planOf(document, operationName ?? ""), requestContext, variables);
    if (!result.errors) return result;
    if (!("data" in result) && operation) {
      const faults = variableFaults(this.#schema, operation, request.variables ?? {});
      if (faults.length > 0) return { errors: faults };
    }
    return {
      ...result,
      errors: result.errors.map((error) => toPublicError(error, requestContext.requestId, this.#logger)),
    };
  };

  #isNew(document: DocumentNode): boolean {
    if (this.#met.has(document)) return false;
    this.#met.add(document);
    return true;
  }

  async #run(plan: Plan, context: RequestContext, variables: Record<string, unknown>): Promise<ExecutionResult> {
    return isCompiledQuery(plan) ? plan.query({}, context, variables) : plan;
  }

  async load(): Promise<{ executor: GatewayExecutor }> {
    return { executor: this.#execute };
  }

  onSchemaLoadOrUpdate(callback: Parameters<GatewayInterface["onSchemaLoadOrUpdate"]>[0]): () => void {
    callback({ apiSchema: this.#schema, coreSupergraphSdl: "" });
    return () => {};
  }

  async stop(): Promise<void> {}

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

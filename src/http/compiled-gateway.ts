// Runs operations as compiled functions. To compile one costs more than to run it once, so an operation is compiled when it
// comes for the second time; its plan lives as long as admission keeps the document.

import type { ApolloServerOptionsWithGateway } from "@apollo/server";
import {
  type DocumentNode,
  type ExecutionResult,
  execute,
  type GraphQLSchema,
  type OperationDefinitionNode,
} from "graphql";
import { type CompiledQuery, compileQuery, isCompiledQuery } from "graphql-jit";
import type { RequestContext } from "../resolvers/request-context.js";
import type { Logger } from "../telemetry/logger.js";
import { variableFaults } from "./admission/variable-faults.js";
import { tellErrors } from "./operation-span.js";
import { toPublicError } from "./public-error.js";

type GatewayInterface = ApolloServerOptionsWithGateway<RequestContext>["gateway"];
type GatewayExecutor = NonNullable<Awaited<ReturnType<GatewayInterface["load"]>>["executor"]>;
type Plan = CompiledQuery | ExecutionResult;

export interface RunnableOperation {
  document: DocumentNode;
  operation: OperationDefinitionNode;
}

export class CompiledGateway implements GatewayInterface {
  readonly #schema: GraphQLSchema;
  readonly #logger: Logger;
  /** Null: it was run once. */
  readonly #plans = new WeakMap<OperationDefinitionNode, Plan | null>();

  constructor(schema: GraphQLSchema, logger: Logger) {
    this.#schema = schema;
    this.#logger = logger;
  }

  readonly #execute: GatewayExecutor = async ({ document, operation, request, context }) => {
    const requestContext = context as RequestContext;
    const result = await this.run({ document, operation }, requestContext, request.variables ?? {});
    if (!result.errors) return result;
    if (!("data" in result)) {
      const faults = variableFaults(this.#schema, operation, request.variables ?? {});
      if (faults.length > 0) {
        tellErrors(faults);
        return { errors: faults };
      }
    }
    const errors = result.errors.map((error) => toPublicError(error, requestContext.requestId, this.#logger));
    tellErrors(errors);
    return { ...result, errors };
  };

  /** Errors are as they were thrown. */
  async run(
    { document, operation }: RunnableOperation,
    context: RequestContext,
    variables: Readonly<Record<string, unknown>>,
  ): Promise<ExecutionResult> {
    let plan = this.#plans.get(operation);
    if (plan === undefined) {
      const result = await execute({
        schema: this.#schema,
        document,
        operationName: operation.name?.value ?? null,
        rootValue: {},
        contextValue: context,
        variableValues: { ...variables },
      });
      // Without data it was no run: its variables are faulty.
      if (result.data !== undefined) this.#plans.set(operation, this.#plans.get(operation) ?? null);
      return result;
    }
    if (plan === null) {
      plan = compileQuery(this.#schema, document, operation.name?.value);
      this.#plans.set(operation, plan);
    }
    return isCompiledQuery(plan) ? plan.query({}, context, { ...variables }) : plan;
  }

  /** Whether it was run before. */
  isMet({ operation }: RunnableOperation): boolean {
    return this.#plans.has(operation);
  }

  async load(): Promise<{ executor: GatewayExecutor }> {
    return { executor: this.#execute };
  }

  onSchemaLoadOrUpdate(callback: Parameters<GatewayInterface["onSchemaLoadOrUpdate"]>[0]): () => void {
    callback({ apiSchema: this.#schema, coreSupergraphSdl: "" });
    return () => {};
  }

  async stop(): Promise<void> {}
}

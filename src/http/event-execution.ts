// Runs a subscription's selection for one event, as a compiled function. Each operation is compiled when it is first
// subscribed to, and its plan lives as long as admission keeps the document.

import {
  type DocumentNode,
  type ExecutionResult,
  GraphQLError,
  type GraphQLSchema,
  getOperationAST,
  Kind,
  visit,
} from "graphql";
import { type CompiledQuery, compileQuery, isCompiledQuery } from "graphql-jit";
import type { RequestContext } from "../resolvers/request-context.js";
import { DatabaseUnavailable, isDatabaseUnavailable } from "../store/database-unavailable.js";
import type { Logger } from "../telemetry/logger.js";
import { toPublicError } from "./public-error.js";

export interface EventPlan {
  /** Names it among the plans of this process. */
  readonly number: number;
  readonly run: CompiledQuery["query"];
  /** The variables on which an event's answer can depend: where a subscription began is none of them. */
  readonly variableNames: readonly string[];
}

export class EventExecutor {
  readonly #schema: GraphQLSchema;
  readonly #logger: Logger;
  readonly #plans = new WeakMap<DocumentNode, Map<string, EventPlan>>();
  #count = 0;

  constructor(schema: GraphQLSchema, logger: Logger) {
    this.#schema = schema;
    this.#logger = logger;
  }

  planOf(document: DocumentNode, operationName: string | null): EventPlan {
    const name = operationName ?? "";
    const plans = this.#plans.get(document) ?? new Map<string, EventPlan>();
    this.#plans.set(document, plans);
    const kept = plans.get(name);
    if (kept) return kept;
    const compiled = compileQuery(this.#schema, document, operationName ?? undefined);
    if (!isCompiledQuery(compiled)) throw new Error("A subscription that was admitted cannot be compiled.");
    this.#count += 1;
    const variableNames = variablesBeside(document, operationName, "after");
    const plan = { number: this.#count, run: compiled.query, variableNames };
    plans.set(name, plan);
    return plan;
  }

  /**
   * The answer as clients get it, as text. Throws where the database cannot be used: an event without its data would be lost
   * to the client, so the caller runs it again.
   */
  async run(
    plan: EventPlan,
    change: object,
    context: RequestContext,
    variables: Readonly<Record<string, unknown>>,
  ): Promise<string> {
    const result: ExecutionResult = await plan.run(change, context, { ...variables });
    if (!result.errors) return JSON.stringify(result);
    const away = result.errors.find((error) => isDatabaseUnavailable((error as GraphQLError).originalError));
    if (away) throw new DatabaseUnavailable("An event could not be read.", { cause: away.originalError });
    const errors = result.errors.map((error) => toPublicError(error as GraphQLError, context.requestId, this.#logger));
    return JSON.stringify({ ...result, errors });
  }
}

/** All that the document uses, but for one argument of the subscription itself. */
function variablesBeside(document: DocumentNode, operationName: string | null, argument: string): string[] {
  const roots = new Set<unknown>(getOperationAST(document, operationName)?.selectionSet.selections);
  const names = new Set<string>();
  visit(document, {
    [Kind.VARIABLE_DEFINITION]: () => false,
    [Kind.ARGUMENT]: (node, _key, _parent, _path, ancestors) =>
      node.name.value === argument && roots.has(ancestors.at(-1)) ? false : undefined,
    [Kind.VARIABLE]: ({ name }) => {
      names.add(name.value);
    },
  });
  return [...names].sort();
}

// Begins subscriptions, over whichever transport, and runs what else comes over a socket.

import {
  createSourceEventStream,
  type ExecutionArgs,
  type ExecutionResult,
  execute,
  GraphQLError,
  type GraphQLSchema,
  getOperationAST,
  type OperationDefinitionNode,
} from "graphql";
import type { Principal } from "../access/principal.js";
import { StatusFeed } from "../mirror/status-feed.js";
import type { RequestContext } from "../resolvers/request-context.js";
import type { Logger } from "../telemetry/logger.js";
import type { Metrics } from "../telemetry/metrics.js";
import { during, type Tracing } from "../telemetry/tracing.js";
import type { AdmittedOperation } from "./admission/admission.js";
import { Refusal } from "./admission/refusal.js";
import { variableFaults } from "./admission/variable-faults.js";
import { Audiences } from "./audience.js";
import type { CreateContext } from "./create-context.js";
import { EventExecutor } from "./event-execution.js";
import { tellErrors, tellOperation } from "./operation-span.js";
import type { OperationTimes } from "./operation-times.js";
import { toPublicError } from "./public-error.js";
import { lateAfterMs, within } from "./service-unavailable.js";
import type { Lifetime } from "./session.js";
import { Subscription } from "./subscription.js";
import type { EventSink } from "./subscription-event.js";

export interface SubscriberParts {
  schema: GraphQLSchema;
  createContext: CreateContext;
  metrics: Metrics;
  times: OperationTimes;
  tracing: Tracing;
  logger: Logger;
  answerWithinMs: number;
  /** By the database's clock. */
  now: () => number;
}

export interface SubscriptionRequest {
  operation: AdmittedOperation;
  requestId: string;
  principal: Principal;
  lifetime: Lifetime;
  lastEventId?: string | null;
  sink: EventSink;
}

export function createSubscriber(parts: SubscriberParts) {
  const { schema, createContext, metrics, times, tracing, logger } = parts;
  const patienceMs = parts.answerWithinMs + lateAfterMs;
  const executor = new EventExecutor(schema, logger);
  const audiences = new Audiences({ executor, createContext, metrics, now: parts.now });

  const mask = (result: ExecutionResult, requestId: string): ExecutionResult =>
    result.errors
      ? { ...result, errors: result.errors.map((error) => toPublicError(error as GraphQLError, requestId, logger)) }
      : result;

  /** Variables of the wrong type, in our own words. */
  function named(args: ExecutionArgs, result: ExecutionResult): ExecutionResult | null {
    const operation = "data" in result ? null : getOperationAST(args.document, args.operationName);
    const errors = operation ? variableFaults(args.schema, operation, args.variableValues ?? {}) : [];
    return errors.length > 0 ? { errors } : null;
  }

  /** Over a socket nobody else has begun a trace of it. */
  function run(args: ExecutionArgs): Promise<ExecutionResult> {
    const span = tracing.start("operation", { kind: "server", attributes: { "payout_gateway.outcome": "ok" } });
    return during(span, async () => {
      const operation = getOperationAST(args.document, args.operationName);
      if (operation) tellOperation(span, operation);
      const result = await runTimed(args, operation);
      if (result.errors) tellErrors(result.errors);
      return result;
    });
  }

  async function runTimed(args: ExecutionArgs, operation: OperationDefinitionNode | null | undefined) {
    const startedAtMs = performance.now();
    const result = await within(patienceMs, Promise.resolve(execute(args))).catch((error): ExecutionResult => {
      if (error instanceof Refusal) return { errors: error.errors };
      throw error;
    });
    if (operation) times.of(args.document, operation)[result.errors ? "errors" : "ok"].since(startedAtMs);
    return named(args, result) ?? mask(result, (args.contextValue as RequestContext).requestId);
  }

  /** Closes the lifetime where it does not begin. */
  async function subscribe(request: SubscriptionRequest): Promise<Subscription | ExecutionResult> {
    const { operation, requestId, principal, lifetime, lastEventId = null, sink } = request;
    const { document, operationName, variables } = operation;
    const toPublic = (error: Error) =>
      toPublicError(new GraphQLError(error.message, { originalError: error }), requestId, logger);
    try {
      const contextValue = createContext({ requestId, principal, lastEventId });
      const args = { schema, document, operationName, variableValues: variables, contextValue };
      const feed = await createSourceEventStream(args);
      if (!(feed instanceof StatusFeed)) {
        lifetime.close();
        const result = feed as ExecutionResult;
        return named(args, result) ?? mask(result, requestId);
      }
      const asked = { feed, plan: executor.planOf(document, operationName), variables };
      const reader = await feed.live.open();
      return new Subscription({ reader, audiences, asked, lifetime, sink, metrics, toPublic });
    } catch (error) {
      lifetime.close();
      return { errors: [toPublic(error as Error) as GraphQLError] };
    }
  }

  return { execute: run, subscribe };
}

export type Subscriber = ReturnType<typeof createSubscriber>;

// One execution for each event, with a context of its own: loaders that lived as long as the subscription would answer
// with what was true at its first event.

import {
  createSourceEventStream,
  type ExecutionArgs,
  type ExecutionResult,
  execute,
  GraphQLError,
  getOperationAST,
} from "graphql";
import type { RequestContext } from "../resolvers/request-context.js";
import type { Logger } from "../telemetry/logger.js";
import { variableFaults } from "./admission/variable-faults.js";
import { toPublicError } from "./public-error.js";
import type { Lifetime } from "./session.js";

export interface SubscriptionArgs extends ExecutionArgs {
  contextValue: RequestContext;
  /** A context for the next event. */
  renewContext: () => RequestContext;
  lifetime?: Lifetime;
}

/** An answer, and for a subscription the log entry it is about. */
export interface EventResult extends ExecutionResult {
  event?: { cursor: string };
}

/** All three methods, because a transport ends only what has them all. */
export interface EventResults extends AsyncIterableIterator<EventResult, undefined> {
  return(): Promise<IteratorReturnResult<undefined>>;
  throw(error: unknown): Promise<IteratorReturnResult<undefined>>;
}

export function createSubscriber(logger: Logger) {
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

  async function run(args: ExecutionArgs): Promise<ExecutionResult> {
    const result = await execute(args);
    return named(args, result) ?? mask(result, (args.contextValue as RequestContext).requestId);
  }

  async function subscribe(args: SubscriptionArgs): Promise<EventResults | ExecutionResult> {
    const { requestId } = args.contextValue;
    const source = await createSourceEventStream(args);
    if (!(Symbol.asyncIterator in source)) {
      args.lifetime?.close();
      return named(args, source) ?? mask(source, requestId);
    }
    const events = source[Symbol.asyncIterator]() as AsyncIterator<{ cursor: string }>;
    const results: EventResults = {
      async next() {
        const step = await events.next().catch((error: Error) => {
          throw toPublicError(new GraphQLError(error.message, { originalError: error }), requestId, logger);
        });
        if (step.done) return { done: true, value: undefined };
        const result = await execute({ ...args, rootValue: step.value, contextValue: args.renewContext() });
        const value = Object.defineProperty(mask(result, requestId), "event", { value: step.value, enumerable: false });
        return { done: false, value };
      },
      async return() {
        args.lifetime?.close();
        await events.return?.();
        return { done: true, value: undefined };
      },
      async throw(error) {
        args.lifetime?.close();
        await events.return?.();
        throw error;
      },
      [Symbol.asyncIterator]: () => results,
    };
    return results;
  }

  return { execute: run, subscribe };
}

export type Subscriber = ReturnType<typeof createSubscriber>;

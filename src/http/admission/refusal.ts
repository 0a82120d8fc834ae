// Why a request is not run. One kind of error for all transports: what the client is told, how HTTP says it, and the word
// under which it is counted.

import { GraphQLError } from "graphql";

export interface RefusalFacts {
  /** What it is counted as. */
  reason: string;
  /** Null: as the kind of answer wants it, 400 for application/graphql-response+json and 200 for application/json. */
  status: number | null;
  retryAfterSeconds?: number;
  headers?: Readonly<Record<string, string>>;
}

export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly reason: string;
  readonly status: number | null;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    readonly errors: readonly GraphQLError[],
    { reason, status, retryAfterSeconds, headers = {} }: RefusalFacts,
  ) {
    super(errors[0]?.message);
    this.reason = reason;
    this.status = status;
    this.headers =
      retryAfterSeconds === undefined ? headers : { ...headers, "retry-after": String(Math.ceil(retryAfterSeconds)) };
  }
}

/** The request is none, or not one for this place. */
export function badRequest(message: string, facts: Partial<RefusalFacts> = {}): Refusal {
  const error = new GraphQLError(message, { extensions: { code: "BAD_USER_INPUT" } });
  return new Refusal([error], { reason: "request", status: 400, ...facts });
}

/** It is over the limit of that name. */
export function limitExceeded(limit: string, message: string, facts: Partial<RefusalFacts> = {}): Refusal {
  const { retryAfterSeconds } = facts;
  const retry = retryAfterSeconds === undefined ? {} : { retryAfterSeconds };
  const error = new GraphQLError(message, { extensions: { code: "LIMIT_EXCEEDED", limit, ...retry } });
  return new Refusal([error], { reason: limit, status: 400, ...facts });
}

export function rateLimited(message: string, retryAfterSeconds: number, reason: string): Refusal {
  const error = new GraphQLError(message, { extensions: { code: "RATE_LIMITED", retryAfterSeconds } });
  return new Refusal([error], { reason, status: 429, retryAfterSeconds });
}

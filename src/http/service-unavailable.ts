// What a caller gets when the gateway cannot use its database: the same code over every transport, over HTTP with
// status 503.

import { GraphQLError } from "graphql";
import { AuditUnavailable } from "../access/audit-trail.js";
import { isDatabaseUnavailable } from "../store/database-unavailable.js";
import { Refusal } from "./admission/refusal.js";

export const retryAfterSeconds = 5;
const code = "SERVICE_UNAVAILABLE";
const message =
  "The gateway cannot use its database at the moment. Retry later, a mutation with the same input and key.";
const lateMessage = "The gateway could not respond in time. Retry later, a mutation with the same input and key.";

/** After `answerWithinMs` a caller is still told what is known; what takes longer than this besides waits for the database. */
export const lateAfterMs = 4_000;

export const unavailableFace = { message, extensions: { code, retryAfterSeconds } };

/** Nothing could be read or recorded; what may have been done is found under its key. */
export function isUnavailable(error: unknown): boolean {
  return error instanceof AuditUnavailable || isDatabaseUnavailable(error);
}

/** The whole response, where it has nothing but this to say. */
export function serviceUnavailable(text = message): Refusal {
  const error = new GraphQLError(text, { extensions: unavailableFace.extensions });
  return new Refusal([error], { reason: "unavailable", status: 503, retryAfterSeconds });
}

interface Result {
  data?: object | null | undefined;
  errors?: readonly { extensions?: Record<string, unknown> | undefined }[] | undefined;
}

/** Whether a response has no data, because the database could not be used. */
export function isWhollyUnavailable({ data, errors }: Result): boolean {
  if (!errors?.some(({ extensions }) => extensions?.code === code)) return false;
  return Object.values(data ?? {}).every((value) => value === null);
}

/** The work, or a Refusal once it has taken longer than that. The work goes on. */
export async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(serviceUnavailable(lateMessage)), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

// What a client is told of an error. Only what is meant for it passes; the whole error goes to the log under the
// request's id, and nobody else sees it.

import { GraphQLError, type GraphQLFormattedError } from "graphql";
import { AccessError } from "../access/access-error.js";
import { ProviderError } from "../datasources/provider-error.js";
import { CursorExpired, CursorInvalid } from "../mirror/cursor.js";
import { PageCursorInvalid } from "../mirror/pages.js";
import { Rejection } from "../schema/rejection.js";
import type { Logger } from "../telemetry/logger.js";
import { isUnavailable, unavailableFace } from "./service-unavailable.js";
import { UploadFault } from "./uploads/upload-faults.js";

interface PublicFace {
  message: string;
  extensions: Record<string, unknown>;
}

export function toPublicError(error: GraphQLError, requestId: string, logger: Logger): GraphQLError {
  const cause = rootCause(error);
  const face = faceOf(cause) ?? databaseFace(cause, requestId, logger) ?? hide(cause, requestId, logger);
  return new GraphQLError(face.message, {
    // What has a path is found by it. Compiled plans know no other place, and all ways of running say the same.
    ...(error.path
      ? { path: error.path }
      : { nodes: error.nodes ?? null, source: error.source ?? null, positions: error.positions ?? null }),
    extensions: face.extensions,
  });
}

/** Errors wrap each other on their way up: the executor's around the resolver's, and that around its cause. */
function rootCause(error: Error): Error {
  let cause: Error = error;
  // The compiled executor's errors have no extensions, whatever their type says.
  while (cause instanceof GraphQLError && cause.originalError && !cause.extensions?.code) cause = cause.originalError;
  return cause;
}

function faceOf(error: Error): PublicFace | null {
  if (error instanceof GraphQLError) {
    // At a place in the answer it is the executor's word on what we gave it, e.g. a null where none may be.
    if (!error.extensions?.code && error.path) return null;
    // Without one it is its word on the request, e.g. on a variable of the wrong type.
    return { message: error.message, extensions: { code: "BAD_USER_INPUT", ...error.extensions } };
  }
  if (error instanceof AccessError) return { message: error.message, extensions: { code: error.code } };
  if (error instanceof CursorInvalid) return { message: error.message, extensions: { code: "CURSOR_INVALID" } };
  if (error instanceof CursorExpired) {
    return { message: error.message, extensions: { code: "CURSOR_EXPIRED", cursor: error.cursor } };
  }
  if (error instanceof PageCursorInvalid || error instanceof Rejection || error instanceof UploadFault) {
    return { message: error.message, extensions: { code: "BAD_USER_INPUT" } };
  }
  return error instanceof ProviderError ? providerFace(error) : null;
}

function providerFace({ kind, retryAfterSeconds, providerMessage, callerMessage }: ProviderError): PublicFace | null {
  switch (kind) {
    // Of a mutation it is among the userErrors; a query has no other place for it.
    case "REFUSED":
      return {
        message: providerMessage ?? "The provider refused the request.",
        extensions: { code: "BAD_USER_INPUT" },
      };
    case "RATE_LIMITED":
      return {
        message: "The provider takes no more calls at the moment.",
        extensions: { code: "RATE_LIMITED", retryAfterSeconds: retryAfterSeconds ?? 60 },
      };
    case "CONFLICT":
    case "OTHER_REJECTION":
    case "UNAVAILABLE":
    case "GARBLED":
    case "UNAUTHENTICATED":
    case "FORBIDDEN":
      return {
        message: callerMessage ?? "The provider cannot be used at the moment.",
        extensions: { code: "PROVIDER_UNAVAILABLE", ...(retryAfterSeconds ? { retryAfterSeconds } : {}) },
      };
    default:
      return null;
  }
}

function databaseFace(error: Error, requestId: string, logger: Logger): PublicFace | null {
  if (!isUnavailable(error)) return null;
  logger.error({ err: error, requestId }, "the database cannot be used");
  return unavailableFace;
}

/** The last door before the client, for what broke out around the executor and has not been through the one above. */
export function toPublicFormat(
  formatted: GraphQLFormattedError,
  error: unknown,
  logger: Logger,
): GraphQLFormattedError {
  const { code, requestId } = formatted.extensions ?? {};
  // The server's own word for a request that it cannot take.
  if (code === "BAD_REQUEST") return { ...formatted, extensions: { ...formatted.extensions, code: "BAD_USER_INPUT" } };
  if (code !== "INTERNAL_SERVER_ERROR" || requestId !== undefined) return formatted;
  logger.error({ err: error }, "unexpected error");
  return { message: hidden, extensions: { code } };
}

export const hidden = "Something went wrong here.";

function hide(error: Error, requestId: string, logger: Logger): PublicFace {
  logger.error({ err: error, requestId }, "unexpected error");
  return { message: hidden, extensions: { code: "INTERNAL_SERVER_ERROR", requestId } };
}

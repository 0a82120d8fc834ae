// Every error that is no execution's is answered here, in the shape of GraphQL, and counted.

import type { Socket } from "node:net";
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { AccessError } from "../access/access-error.js";
import type { Logger } from "../telemetry/logger.js";
import type { Metrics } from "../telemetry/metrics.js";
import { Refusal } from "./admission/refusal.js";
import { jsonType, mediaTypeFor } from "./media-types.js";
import { hidden } from "./public-error.js";
import { isUnavailable, serviceUnavailable } from "./service-unavailable.js";
import { UploadFault } from "./uploads/upload-faults.js";

type AnyError = Refusal | AccessError | UploadFault | FastifyError;

interface Face {
  status: number;
  body: { errors: readonly unknown[] };
  reason: string;
}

export function answerErrors(app: FastifyInstance, logger: Logger, metrics: Metrics): void {
  app.setErrorHandler((error: AnyError, request, reply) => answerError(error, request, reply, logger, metrics));
  app.setNotFoundHandler((_request, reply) => reply.code(404).send(bodyOf("There is nothing here.", "NOT_FOUND")));
}

export function answerError(
  thrown: AnyError,
  request: FastifyRequest,
  reply: FastifyReply,
  logger: Logger,
  metrics: Metrics,
): FastifyReply {
  const error = isUnavailable(thrown) ? serviceUnavailable() : thrown;
  const mediaType = mediaTypeFor(request.headers.accept);
  // A client that reads an answer as data learns from it what was wrong; a stream that was not opened has a status only.
  const isData = mediaType === jsonType && request.routeOptions.url === "/graphql";
  const { status, body, reason } = faceOf(error, isData ? 200 : 400, request.id);
  if (error !== thrown) logger.error({ err: thrown, requestId: request.id }, "the database cannot be used");
  if (status >= 500 && !(error instanceof Refusal)) {
    logger.error({ err: error, requestId: request.id }, "unexpected error");
  } else {
    metrics.refusals.inc({ reason });
  }
  // A URL that cannot be read is answered before any hook.
  reply.header("x-request-id", request.id);
  if (error instanceof Refusal) reply.headers(error.headers);
  if (status === 401) reply.header("www-authenticate", "Bearer");
  // What still comes of its body is not waited for.
  if (status === 408) reply.header("connection", "close");
  return reply.code(status).header("content-type", `${mediaType}; charset=utf-8`).send(body);
}

function faceOf(error: AnyError, usualStatus: number, requestId: string): Face {
  if (error instanceof Refusal) {
    return { status: error.status ?? usualStatus, body: { errors: error.errors }, reason: error.reason };
  }
  if (error instanceof AccessError) {
    const { code, message } = error;
    return { status: code === "UNAUTHENTICATED" ? 401 : 403, body: bodyOf(message, code), reason: code.toLowerCase() };
  }
  if (error instanceof UploadFault) {
    const code = error.status === 413 || error.status === 408 ? "LIMIT_EXCEEDED" : "BAD_USER_INPUT";
    const limit = code === "LIMIT_EXCEEDED" ? { limit: error.status === 413 ? "upload" : "uploadTime" } : {};
    return { status: error.status, body: bodyOf(error.message, code, limit), reason: limit.limit ?? "upload" };
  }
  const status = error.statusCode ?? 500;
  if (status >= 500) return { status, body: bodyOf(hidden, "INTERNAL_SERVER_ERROR", { requestId }), reason: "error" };
  if (status === 413) {
    return { status, body: bodyOf("The body is too large.", "LIMIT_EXCEEDED", { limit: "body" }), reason: "body" };
  }
  return {
    status,
    body: bodyOf(sentences[error.code] ?? "The request is not valid.", "BAD_USER_INPUT"),
    reason: "request",
  };
}

// The framework's own sentences repeat parts of what was sent.
const sentences: Readonly<Record<string, string>> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: "Send the body with content-type: application/json.",
  FST_ERR_CTP_INVALID_JSON_BODY: "The body is not valid JSON.",
  FST_ERR_CTP_EMPTY_JSON_BODY: "The body is empty.",
  FST_ERR_BAD_URL: "The URL is not valid.",
};

/** What the HTTP parser refuses has no request: a face of its own, and the connection ends with it. */
export function answerClientError(metrics: Metrics) {
  return ({ code }: NodeJS.ErrnoException, socket: Socket): void => {
    if (code === "ECONNRESET" || socket.destroyed) return;
    metrics.refusals.inc({ reason: code === "ERR_HTTP_REQUEST_TIMEOUT" ? "headersTime" : "http" });
    const [status, body] =
      code === "ERR_HTTP_REQUEST_TIMEOUT"
        ? ["408 Request Timeout", bodyOf("The request took too long to arrive.", "LIMIT_EXCEEDED", { limit: "time" })]
        : code === "HPE_HEADER_OVERFLOW"
          ? [
              "431 Request Header Fields Too Large",
              bodyOf("The headers are too large.", "LIMIT_EXCEEDED", { limit: "headers" }),
            ]
          : ["400 Bad Request", bodyOf("This is not valid HTTP.", "BAD_USER_INPUT")];
    if (socket.writable) {
      const text = JSON.stringify(body);
      const head = [
        "content-type: application/json; charset=utf-8",
        `content-length: ${text.length}`,
        "connection: close",
      ];
      socket.write([`HTTP/1.1 ${status}`, ...head, "", text].join("\r\n"));
    }
    socket.destroySoon();
  };
}

function bodyOf(message: string, code: string, extensions: Record<string, unknown> = {}) {
  return { errors: [{ message, extensions: { code, ...extensions } }] };
}

// Multipart requests on a route: received before the route's own checks, counted, and their files removed after the answer.

import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { badRequest, limitExceeded } from "../admission/refusal.js";
import { isPreflighted, preflightHeader } from "../browser-rules.js";
import { discardBody } from "./discard-body.js";
import { type MultipartLimits, type ReceivedMultipart, receiveMultipart } from "./receive-multipart.js";

const retryAfterSeconds = 5;

export function takeUploads(scope: FastifyInstance, limits: MultipartLimits & { atOnce: number }): void {
  const received = new WeakMap<FastifyRequest, ReceivedMultipart>();
  let atOnce = 0;
  scope.addContentTypeParser("multipart/form-data", (_request, _payload, done) => done(null));

  scope.addHook("preValidation", async (request: FastifyRequest, reply: FastifyReply) => {
    if (!/^multipart\//i.test(request.headers["content-type"] ?? "")) return;
    if (!isPreflighted(request.headers)) {
      discardBody(request.raw);
      throw badRequest(`An upload needs the header ${preflightHeader}: send it with any value.`, { reason: "csrf" });
    }
    if (atOnce >= limits.atOnce) {
      discardBody(request.raw);
      throw limitExceeded("uploadsAtOnce", `${limits.atOnce} uploads are under way, which is the limit.`, {
        status: 503,
        retryAfterSeconds,
        headers: { connection: "close" },
      });
    }
    atOnce += 1;
    reply.raw.once("close", () => {
      atOnce -= 1;
    });
    const multipart = await receiveMultipart(request.raw, reply.raw, limits);
    received.set(request, multipart);
    request.body = multipart.operations;
  });
  // The request broke off, or grew over its limit, while its operations were under way already.
  scope.addHook("onSend", async (request, reply, payload) => {
    const fault = received.get(request)?.fault;
    if (!fault || reply.statusCode >= 400) return payload;
    reply.code(fault.status);
    return JSON.stringify({ errors: [{ message: fault.message, extensions: { code: "LIMIT_EXCEEDED" } }] });
  });
  scope.addHook("onResponse", async (request) => {
    await received.get(request)?.release();
  });
}

// Ends what a client draws out: a body that does not come to its end, and an answer that is not read. Streams are not
// answered through the framework and have no end to wait for.

import type { IncomingMessage, ServerResponse } from "node:http";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { limitExceeded } from "./admission/refusal.js";

/** For what is read and answered without the framework. */
export interface Deadlines {
  /** Until its body is complete. */
  receiving(raw: IncomingMessage): void;
  answering(raw: ServerResponse): void;
}

export function watchDeadlines(app: FastifyInstance, { requestMs }: { requestMs: number }): Deadlines {
  const receiving = new Map<Pick<FastifyRequest, "raw">, number>();
  const answering = new Map<ServerResponse, number>();
  // Nearly every body comes together with its headers: those are never among the others.
  const arriving: IncomingMessage[] = [];
  const watchArriving = () => {
    for (const raw of arriving) if (!raw.complete) receiving.set({ raw }, performance.now());
    arriving.length = 0;
  };
  app.addHook("preParsing", (request, { raw }, payload, done) => {
    receiving.set(request, performance.now());
    // A client that goes away is heard of by this alone.
    raw.once("close", () => {
      receiving.delete(request);
      answering.delete(raw);
    });
    done(null, payload);
  });
  app.addHook("preValidation", (request, _reply, done) => {
    receiving.delete(request);
    done();
  });
  app.addHook("onSend", (request, { raw }, _payload, done) => {
    receiving.delete(request);
    if (!raw.closed) answering.set(raw, performance.now());
    done();
  });

  const sweep = () => {
    const before = performance.now() - requestMs;
    for (const [request, since] of receiving) {
      const { socket, complete: isThere } = request.raw;
      const isOver = isThere || socket.destroyed;
      if (since > before && !isOver) continue;
      receiving.delete(request);
      if (!isOver) endBody(request, requestMs);
    }
    for (const [raw, since] of answering) {
      // A connection that broke tells only the answer that was being written, not those in line behind it.
      if (since > before && !raw.req.socket.destroyed) continue;
      answering.delete(raw);
      raw.destroy();
      // It never had the connection, which would have told it.
      if (!raw.socket) raw.emit("close");
    }
  };
  const timer = setInterval(sweep, Math.min(1_000, requestMs));
  app.addHook("onClose", () => clearInterval(timer));
  return {
    receiving: (raw) => {
      if (arriving.length === 0) setImmediate(watchArriving);
      arriving.push(raw);
    },
    answering: (raw) => {
      answering.set(raw, performance.now());
      raw.once("close", () => answering.delete(raw));
    },
  };
}

/** Whoever reads the body hears of it as of a broken connection, only that this one can still be answered. */
function endBody({ raw }: Pick<FastifyRequest, "raw">, requestMs: number): void {
  const fault = limitExceeded("requestTime", `The body did not arrive within ${requestMs / 1000} seconds.`, {
    status: 408,
  });
  if (raw.listenerCount("error") > 0) raw.emit("error", Object.assign(fault, { statusCode: 408 }));
  else raw.destroy();
}

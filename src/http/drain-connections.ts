// A node that is about to end sends its clients elsewhere: every answer is the last one of its connection.

import type { FastifyInstance } from "fastify";

const everyMs = 50;

export function drainConnections(app: FastifyInstance, { isStopping }: { isStopping: () => boolean }): void {
  app.addHook("onSend", (_request, reply, _payload, done) => {
    if (isStopping()) reply.header("connection", "close");
    done();
  });
  let timer: NodeJS.Timeout | undefined;
  app.addHook("preClose", (done) => {
    // A stream that ended, or an answer that was begun before, leaves a connection that the client would keep.
    timer = setInterval(() => app.server.closeIdleConnections(), everyMs);
    done();
  });
  app.addHook("onClose", () => clearInterval(timer));
}

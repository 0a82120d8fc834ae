// A node that is about to end sends its clients elsewhere, and loses no request that has reached it: every answer is the last
// one of its connection, the port closes when nobody waits at it, and connections that are not used close last.

import { Server } from "node:net";
import { setImmediate as nextTurn, setTimeout as sleep } from "node:timers/promises";
import type { FastifyInstance } from "fastify";

export interface DrainParts {
  isStopping: () => boolean;
  /** How long a connection that is not used is left to whoever may be about to use it. */
  lingerMs: number;
  /** Ends what would stay open for days. Called when its clients cannot come back to this node any more. */
  endLasting: () => Promise<void>;
}

const everyMs = 50;
const quietTurns = 3;
const longestTakingMs = 2_000;

/** Closing the server waits until every connection has ended. */
export function drainConnections(app: FastifyInstance, { isStopping, lingerMs, endLasting }: DrainParts): void {
  app.addHook("onSend", (_request, reply, _payload, done) => {
    if (isStopping()) reply.header("connection", "close");
    done();
  });
  app.addHook("preClose", async () => {
    if (!app.server.listening) return;
    await takeWaiting(app.server);
    // The HTTP server's own way would close connections with requests on them that were not read yet.
    const ended = new Promise<void>((resolve) => Server.prototype.close.call(app.server, () => resolve()));
    const lastingEnded = endLasting();
    // A proxy finds the port closed, and here come only the requests for which it had a connection.
    if (lingerMs > 0) await Promise.race([sleep(lingerMs), ended]);
    const timer = setInterval(() => app.server.closeIdleConnections(), everyMs);
    app.server.closeIdleConnections();
    await Promise.all([ended, lastingEnded]);
    clearInterval(timer);
  });
}

/**
 * The system has connections ready before the process takes them, and resets those that were not taken when the port
 * closes, with the requests that were sent on them. Of a busy node that is many: Node takes one in each turn of its loop.
 */
async function takeWaiting(server: Server): Promise<void> {
  let wasTaken = false;
  const onConnection = () => {
    wasTaken = true;
  };
  server.on("connection", onConnection);
  const deadlineMs = performance.now() + longestTakingMs;
  for (let quiet = 0; quiet < quietTurns && performance.now() < deadlineMs; ) {
    wasTaken = false;
    await nextTurn();
    quiet = wasTaken ? 0 : quiet + 1;
  }
  server.removeListener("connection", onConnection);
}

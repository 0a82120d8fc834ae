// A node that is about to end sends its clients elsewhere: every answer is the last one of its connection, and the port
// closes when nobody waits at it.

import type { Server } from "node:http";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { FastifyInstance } from "fastify";

const everyMs = 50;
const quietTurns = 3;
const longestTakingMs = 2_000;

export function drainConnections(app: FastifyInstance, { isStopping }: { isStopping: () => boolean }): void {
  app.addHook("onSend", (_request, reply, _payload, done) => {
    if (isStopping()) reply.header("connection", "close");
    done();
  });
  let timer: NodeJS.Timeout | undefined;
  app.addHook("preClose", async () => {
    await takeWaiting(app.server);
    // A stream that ended, or an answer that was begun before, leaves a connection that the client would keep.
    timer = setInterval(() => app.server.closeIdleConnections(), everyMs);
  });
  app.addHook("onClose", () => clearInterval(timer));
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

// Finds clients that went away without a goodbye. One that was sent something since it was last heard may only be slow to
// read it, and cannot answer a ping that stands behind: it is given longer.

import type { Duplex } from "node:stream";
import type { WebSocket } from "ws";

export interface KeepAliveTimes {
  everyMs: number;
  /** For a client that has something left to read. */
  slowMs: number;
}

// What the pings themselves add up to.
const pingBytes = 64;

export function keepAlive(socket: WebSocket, connection: Duplex, { everyMs, slowMs }: KeepAliveTimes): void {
  const sentBytes = () => (connection as Duplex & { bytesWritten?: number }).bytesWritten ?? 0;
  let heardAt = performance.now();
  let sentWhenHeard = sentBytes();
  const hear = () => {
    heardAt = performance.now();
    sentWhenHeard = sentBytes();
  };
  socket.on("pong", hear);
  socket.on("message", hear);
  const timer = setInterval(() => {
    const silentMs = performance.now() - heardAt;
    const hasUnread = sentBytes() - sentWhenHeard > pingBytes;
    if (silentMs >= (hasUnread ? slowMs : 2 * everyMs)) socket.terminate();
    else if (socket.readyState === socket.OPEN) socket.ping();
  }, everyMs);
  socket.once("close", () => clearInterval(timer));
}

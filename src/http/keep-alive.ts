// Finds clients that went away without a goodbye. One that was sent something since it was last heard may only be slow to
// read it, and cannot answer a ping that stands behind: it is given longer.

import type { Duplex } from "node:stream";
import type { WebSocket } from "ws";

export interface KeepAliveTimes {
  everyMs: number;
  /** For a client that has something left to read. */
  slowMs: number;
}

interface Watched {
  connection: Duplex & { bytesWritten?: number };
  heardAt: number;
  sentWhenHeard: number;
}

// What the pings themselves add up to.
const pingBytes = 64;
// Thousands of pings at once would hold up what is to be sent meanwhile: each socket has its turn in one of these.
const turns = 20;

/** All sockets of a server: one timer for them together. */
export class KeepAlive {
  readonly #times: KeepAliveTimes;
  readonly #turns = Array.from({ length: turns }, () => new Map<WebSocket, Watched>());
  #turn = 0;
  #count = 0;
  #timer: NodeJS.Timeout | null = null;

  constructor(times: KeepAliveTimes) {
    this.#times = times;
  }

  watch(socket: WebSocket, connection: Duplex): void {
    const watched: Watched = { connection, heardAt: performance.now(), sentWhenHeard: bytesOf(connection) };
    const hear = () => {
      watched.heardAt = performance.now();
      watched.sentWhenHeard = bytesOf(connection);
    };
    socket.on("pong", hear);
    socket.on("message", hear);
    // The turn that was last, so that the first ping comes a whole interval from now.
    const turn = this.#turns[this.#turn] as Map<WebSocket, Watched>;
    turn.set(socket, watched);
    this.#count += 1;
    this.#timer ??= setInterval(() => this.#take(), this.#times.everyMs / turns);
    socket.once("close", () => {
      turn.delete(socket);
      this.#count -= 1;
      if (this.#count > 0) return;
      clearInterval(this.#timer ?? undefined);
      this.#timer = null;
    });
  }

  #take(): void {
    const { everyMs, slowMs } = this.#times;
    this.#turn = (this.#turn + 1) % turns;
    const now = performance.now();
    for (const [socket, { connection, heardAt, sentWhenHeard }] of this.#turns[this.#turn] ?? []) {
      const hasUnread = bytesOf(connection) - sentWhenHeard > pingBytes;
      if (now - heardAt >= (hasUnread ? slowMs : 2 * everyMs)) socket.terminate();
      else if (socket.readyState === socket.OPEN) socket.ping();
    }
  }
}

function bytesOf({ bytesWritten = 0 }: Watched["connection"]): number {
  return bytesWritten;
}

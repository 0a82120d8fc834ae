import type { IncomingMessage } from "node:http";

// What is read and thrown away after a refusal, so that a client that is still sending gets to see it.
export const lingerBytes = 1_048_576;

/** Reads what still comes of a body that nobody wants, up to so many bytes; then the connection ends. */
export function discardBody(request: IncomingMessage, bytes = lingerBytes): void {
  let left = bytes;
  request.on("data", (chunk: Buffer) => {
    left -= chunk.length;
    if (left < 0) request.destroy();
  });
  request.resume();
}

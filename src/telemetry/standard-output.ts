// Standard output for the log, which must never stop the gateway. A disk that is full, a pipe that is closed and a pipe whose
// reader has stopped cost lines, and nothing else.

import { writeSync } from "node:fs";

// What waits for a reader that has stopped, or for space on the disk.
const maxHeldBytes = 256_000;
const pipeRetryMs = 20;
const diskRetryMs = 500;

export class StandardOutput {
  /** Called when everything held is out, if lines had to be dropped meanwhile. */
  onDropped: (lines: number) => void = () => {};
  readonly #fd: number;
  readonly #held: Buffer[] = [];
  #heldBytes = 0;
  #dropped = 0;
  #isClosed = false;
  #timer: NodeJS.Timeout | null = null;

  constructor() {
    // To open the stream makes a pipe report EAGAIN instead of blocking. Others write there too, and their errors count as little.
    for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});
    this.#fd = process.stdout.fd;
    process.once("exit", () => this.#flush());
  }

  write(line: string): void {
    if (this.#isClosed) return;
    if (this.#held.length > 0) this.#hold(Buffer.from(line));
    else this.#put(Buffer.from(line));
  }

  #put(bytes: Buffer): void {
    let written = 0;
    try {
      while (written < bytes.length) written += writeSync(this.#fd, bytes, written);
    } catch (error) {
      this.#hold(bytes.subarray(written));
      this.#retryAfter(error as NodeJS.ErrnoException);
    }
  }

  #hold(bytes: Buffer): void {
    if (this.#heldBytes + bytes.length > maxHeldBytes) {
      this.#dropped += 1;
      return;
    }
    this.#held.push(bytes);
    this.#heldBytes += bytes.length;
  }

  #retryAfter({ code }: NodeJS.ErrnoException): void {
    // Nobody will ever read it.
    this.#isClosed = code === "EPIPE";
    if (this.#isClosed) this.#held.length = 0;
    else this.#timer ??= setTimeout(() => this.#flush(), code === "EAGAIN" ? pipeRetryMs : diskRetryMs).unref();
  }

  #flush(): void {
    this.#timer = null;
    const all = Buffer.concat(this.#held.splice(0));
    this.#heldBytes = 0;
    this.#put(all);
    if (this.#held.length > 0 || this.#dropped === 0) return;
    const lines = this.#dropped;
    this.#dropped = 0;
    this.onDropped(lines);
  }
}

// A request's bytes on their way to the parser: counted, under a deadline, and ended by one fault for all who wait. The
// request itself is not destroyed with it, because its client has yet to read the answer.

import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";
import { Transform, type TransformCallback, type Writable } from "node:stream";
import { discardBody, lingerBytes } from "./discard-body.js";
import { UploadAborted, UploadFault, UploadTimedOut, UploadTooLarge } from "./upload-faults.js";

export interface BodyLimits {
  maxTotalBytes: number;
  deadlineMs: number;
  /** In each so much time at least a kilobyte for each second has to come. */
  slowestMs: number;
}

const leastBytesPerSecond = 1_024;

export class RequestBody extends Transform {
  readonly headers: IncomingHttpHeaders;
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #limits: BodyLimits;
  readonly #deadline: NodeJS.Timeout;
  readonly #rate: NodeJS.Timeout;
  readonly #onParser: (parser: Writable) => void;
  #seenBytes = 0;
  #countedBytes = 0;
  #fault: UploadFault | null = null;

  constructor(req: IncomingMessage, res: ServerResponse, limits: BodyLimits, onParser: (parser: Writable) => void) {
    super();
    this.headers = req.headers;
    this.#request = req;
    this.#response = res;
    this.#limits = limits;
    this.#onParser = onParser;
    this.#deadline = setTimeout(() => this.destroy(new UploadTimedOut(limits.deadlineMs)), limits.deadlineMs);
    this.#rate = setInterval(() => this.#requireRate(), limits.slowestMs);
    this.on("error", () => undefined);
  }

  get fault(): UploadFault | null {
    return this.#fault;
  }

  start(): void {
    if (Number(this.headers["content-length"] ?? 0) > this.#limits.maxTotalBytes) {
      this.destroy(this.#tooLarge());
      return;
    }
    const onGone = () => {
      if (!this.#request.complete) this.destroy(new UploadAborted());
    };
    this.#request.once("error", onGone).once("close", onGone);
    if (this.#request.destroyed) onGone();
    else this.#request.pipe(this);
  }

  /** The library pipes into a parser of its own making. */
  override pipe<T extends NodeJS.WritableStream>(destination: T, options?: { end?: boolean }): T {
    this.#onParser(destination as unknown as Writable);
    return super.pipe(destination, options);
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, callback: TransformCallback): void {
    this.#seenBytes += chunk.length;
    if (this.#seenBytes > this.#limits.maxTotalBytes) callback(this.#tooLarge());
    else callback(null, chunk);
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    clearTimeout(this.#deadline);
    clearInterval(this.#rate);
    if (error instanceof UploadFault) this.#fault = error;
    if (!this.#request.readableEnded && !this.#request.destroyed) this.#discardRest();
    callback(error);
  }

  #discardRest(): void {
    this.#request.unpipe(this);
    const isOver = this.#fault instanceof UploadTooLarge || this.#fault instanceof UploadTimedOut;
    if (isOver && this.#response.headersSent) {
      this.#request.destroy();
      return;
    }
    if (isOver) this.#response.setHeader("connection", "close");
    let leftBytes = Math.max(lingerBytes, this.#limits.maxTotalBytes - this.#seenBytes);
    if (this.#fault instanceof UploadTooLarge) leftBytes = lingerBytes;
    discardBody(this.#request, leftBytes);
  }

  #requireRate(): void {
    const least = (leastBytesPerSecond * this.#limits.slowestMs) / 1_000;
    const isSlow = this.#seenBytes - this.#countedBytes < least;
    this.#countedBytes = this.#seenBytes;
    if (isSlow && !this.#request.complete) this.destroy(new UploadTimedOut(this.#limits.slowestMs));
  }

  #tooLarge(): UploadTooLarge {
    return new UploadTooLarge(`The request has more than ${this.#limits.maxTotalBytes} bytes.`);
  }
}

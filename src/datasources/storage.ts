// Puts a file where a pre-signed URL says. The signature covers the headers, so the request is made by hand: it carries
// exactly what the provider gave, the content's type and length, and nothing of ours.

import { type ClientRequest, request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import { type Readable, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { UploadSlot } from "./documents.datasource.js";
import { StorageError } from "./storage-error.js";
import { checkUploadUrl, createGuardedLookup, type UploadUrlRule } from "./upload-url.js";

export interface StoredFile {
  size: number;
  contentType: string;
  open: () => NodeJS.ReadableStream;
}

// What carries the request is ours to say; a list from outside must not change where one request ends.
const transportHeaders = new Set(["host", "connection", "content-length", "transfer-encoding", "expect", "upgrade"]);

export class ObjectStorage {
  readonly #rule: UploadUrlRule;

  constructor(rule: UploadUrlRule) {
    this.#rule = rule;
  }

  /** `idleMs`: how long not one byte may move in either direction. */
  async putObject(
    slot: Pick<UploadSlot, "url" | "headers">,
    file: StoredFile,
    timeoutMs: number,
    idleMs = timeoutMs,
  ): Promise<void> {
    const url = checkUploadUrl(slot.url, this.#rule);
    const send = url.protocol === "https:" ? httpsRequest : httpRequest;
    const deadline = AbortSignal.timeout(timeoutMs);
    const request = send(url, {
      method: "PUT",
      headers: toHeaders(slot.headers, file),
      lookup: createGuardedLookup(this.#rule),
      // A connection for each file: its URL is good for one request, which an old connection could lose.
      agent: false,
      signal: deadline,
      timeout: idleMs,
    });
    request.on("timeout", () => request.destroy(new StorageError("UNAVAILABLE", "The storage stopped responding.")));
    try {
      const response = await sendFile(request, file);
      response.resume();
      checkAnswer(response);
    } catch (error) {
      throw toStorageError(error, deadline.aborted);
    } finally {
      request.destroy();
    }
  }
}

function toHeaders(given: UploadSlot["headers"], file: StoredFile): Record<string, string> {
  const headers = given.filter(({ name }) => !transportHeaders.has(name.toLowerCase()));
  const hasContentType = headers.some(({ name }) => name.toLowerCase() === "content-type");
  return {
    ...Object.fromEntries(headers.map(({ name, value }) => [name, value])),
    ...(hasContentType ? {} : { "Content-Type": file.contentType }),
    "Content-Length": String(file.size),
  };
}

/** Resolves with the answer, which may come before the last byte is sent. */
function sendFile(request: ClientRequest, file: StoredFile): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    // Stays for good: a request that is destroyed without a listener would take the process with it.
    request.on("error", reject);
    const source = openSource(file);
    source.once("error", () => reject(sourceFailed("broke off")));
    source.once("close", () => {
      if (!source.readableEnded) reject(sourceFailed("broke off"));
    });
    request.once("response", (response) => {
      response.on("error", () => {});
      resolve(response);
      source.destroy();
    });
    pipeline(source, exactly(file.size), request).catch(reject);
  });
}

function openSource(file: StoredFile): Readable {
  try {
    return file.open() as Readable;
  } catch {
    throw sourceFailed("cannot be read");
  }
}

function exactly(size: number): Transform {
  let seen = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      seen += chunk.length;
      if (seen > size) done(sourceFailed("is longer than announced"));
      else done(null, chunk);
    },
    flush(done) {
      done(seen < size ? sourceFailed("is shorter than announced") : null);
    },
  });
}

function checkAnswer({ statusCode = 0 }: IncomingMessage): void {
  if (statusCode >= 200 && statusCode < 300) return;
  if (statusCode === 403) throw new StorageError("EXPIRED", "The storage no longer takes the upload URL.", statusCode);
  const kind = statusCode >= 500 || statusCode === 408 || statusCode === 429 ? "UNAVAILABLE" : "REFUSED";
  throw new StorageError(kind, `The storage did not take the file (HTTP ${statusCode}).`, statusCode);
}

function toStorageError(error: unknown, isTooLate: boolean): StorageError {
  if (error instanceof StorageError) return error;
  if (isTooLate) return new StorageError("UNAVAILABLE", "The storage did not take the file in time.");
  const { code } = error as NodeJS.ErrnoException;
  return new StorageError("UNAVAILABLE", `The storage did not answer (${code ?? "connection lost"}).`);
}

function sourceFailed(fault: string): StorageError {
  return new StorageError("SOURCE_FAILED", `The file to store ${fault}.`);
}

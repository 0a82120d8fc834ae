// A multipart part does not tell its length, and the storage wants it first. So a file is kept whole before it is sent
// on: hashed and counted while it streams in, read again from the start as often as needed.

import { createHash } from "node:crypto";
import type { Readable } from "node:stream";
import { SpoolStorage } from "./spool-storage.js";
import { UploadAborted } from "./upload-faults.js";

/** A file part of a multipart request, as the parser announces it. */
export interface IncomingFile {
  filename?: string | undefined;
  mimetype?: string | undefined;
  createReadStream(): Readable;
}

export interface SpoolOptions {
  /** One file. */
  maxBytes: number;
  /** What is longer goes to a temporary file. */
  memoryBytes?: number;
  directory: string;
}

interface SpooledFacts {
  fileName: string;
  declaredType: string;
  size: number;
  sha256: string;
  head: Buffer;
  isTruncated: boolean;
}

// What content sniffing looks at.
const headBytes = 4100;

export class SpooledFile implements SpooledFacts {
  /** As the client named it; empty where it did not. */
  readonly fileName: string;
  readonly declaredType: string;
  /** Of all that came, also where it was too much to keep. */
  readonly size: number;
  /** Hex. */
  readonly sha256: string;
  readonly head: Buffer;
  /** It was over the limit, and its bytes are not kept. */
  readonly isTruncated: boolean;
  readonly #storage: SpoolStorage;

  constructor(facts: SpooledFacts, storage: SpoolStorage) {
    this.fileName = facts.fileName;
    this.declaredType = facts.declaredType;
    this.size = facts.size;
    this.sha256 = facts.sha256;
    this.head = facts.head;
    this.isTruncated = facts.isTruncated;
    this.#storage = storage;
  }

  open(): Readable {
    return this.#storage.open();
  }

  remove(): Promise<void> {
    return this.#storage.drop();
  }
}

export async function spoolFile(upload: IncomingFile, options: SpoolOptions): Promise<SpooledFile> {
  const { maxBytes, memoryBytes = 65_536, directory } = options;
  const storage = new SpoolStorage(directory, memoryBytes);
  const hash = createHash("sha256");
  let head: Buffer = Buffer.alloc(0);
  let size = 0;
  let failure: unknown = null;
  // Whatever happens, the part is read to its end: the parser does not go on to the next one before.
  for await (const chunk of chunksOf(upload, storage)) {
    size += chunk.length;
    hash.update(chunk);
    if (head.length < headBytes) head = Buffer.concat([head, chunk.subarray(0, headBytes - head.length)]);
    if (failure !== null) continue;
    try {
      await (size > maxBytes ? storage.drop() : storage.append(chunk));
    } catch (error) {
      failure = error;
      await storage.drop();
    }
  }
  if (failure !== null) throw failure;
  const facts = {
    fileName: upload.filename ?? "",
    declaredType: upload.mimetype ?? "",
    size,
    sha256: hash.digest("hex"),
    head,
    isTruncated: size > maxBytes,
  };
  return new SpooledFile(facts, storage);
}

async function* chunksOf(upload: IncomingFile, storage: SpoolStorage): AsyncGenerator<Buffer> {
  try {
    yield* upload.createReadStream() as AsyncIterable<Buffer>;
  } catch (error) {
    await storage.drop();
    throw new UploadAborted({ cause: error });
  }
}

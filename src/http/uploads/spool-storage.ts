// Bytes wait in memory up to a bound, then in a temporary file. The file has no name from the moment it is open, so that
// nothing of it stays whichever way the process ends.

import { randomUUID } from "node:crypto";
import { type FileHandle, mkdir, open, unlink } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { UploadAborted } from "./upload-faults.js";

const readBytes = 65_536;

export class SpoolStorage {
  readonly #directory: string;
  readonly #memoryBytes: number;
  #chunks: Buffer[] = [];
  #file: FileHandle | null = null;
  #size = 0;
  #isDropped = false;

  constructor(directory: string, memoryBytes: number) {
    this.#directory = directory;
    this.#memoryBytes = memoryBytes;
  }

  async append(chunk: Buffer): Promise<void> {
    this.#size += chunk.length;
    this.#chunks.push(chunk);
    if (this.#size <= this.#memoryBytes) return;
    this.#file ??= await openNameless(this.#directory);
    const waiting = this.#chunks;
    this.#chunks = [];
    for (const part of waiting) await this.#file.appendFile(part);
  }

  /** The bytes from the first one on, each time anew. */
  open(): Readable {
    if (this.#isDropped) throw new UploadAborted();
    const source = this.#file === null ? this.#chunks : this.#readFrom(this.#file);
    return Readable.from(source, { objectMode: false });
  }

  /** Reads by position: several readers do not move each other's place. */
  async *#readFrom(file: FileHandle): AsyncGenerator<Buffer> {
    let position = 0;
    while (position < this.#size) {
      if (this.#isDropped) throw new UploadAborted();
      const length = Math.min(readBytes, this.#size - position);
      const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(length), 0, length, position);
      if (bytesRead === 0) throw new Error("The spooled file is shorter than what was written.");
      position += bytesRead;
      yield buffer.subarray(0, bytesRead);
    }
  }

  async drop(): Promise<void> {
    const file = this.#file;
    this.#isDropped = true;
    this.#file = null;
    this.#chunks = [];
    await file?.close();
  }
}

async function openNameless(directory: string): Promise<FileHandle> {
  // Systems clean up old temporary directories under a process that runs for weeks.
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const path = join(directory, randomUUID());
  const file = await open(path, "wx+", 0o600);
  try {
    await unlink(path);
  } catch (error) {
    await file.close();
    throw error;
  }
  return file;
}

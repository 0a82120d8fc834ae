import { createServer, type IncomingMessage, request } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { text } from "node:stream/consumers";
import { Upload } from "graphql-upload-minimal";
import {
  type MultipartLimits,
  type ReceivedMultipart,
  receiveMultipart,
} from "../../src/http/uploads/receive-multipart.js";
import { startSpoolDirectory } from "../../src/http/uploads/spool-directory.js";
import type { SpooledFile } from "../../src/http/uploads/spool-file.js";
import { UploadFault } from "../../src/http/uploads/upload-faults.js";
import type { MultipartBody } from "./multipart-body.js";

export interface Answer {
  status: number;
  body: unknown;
}

/** Plays the GraphQL operation: what it returns is the answer. */
export type Handler = (files: Promise<SpooledFile>[], received: ReceivedMultipart) => Promise<unknown>;

/** A bare HTTP server around receiveMultipart, with the files of `variables.files`. */
export async function startUploadServer(handler: Handler, limits: Partial<MultipartLimits> = {}) {
  const spool = await startSpoolDirectory();
  const directory = spool.path;
  const sockets = new Set<Socket>();
  const handled: Promise<unknown>[] = [];
  const server = createServer((req, res) => {
    const answering = answer(req);
    handled.push(answering);
    answering.then(({ status, body }) => res.writeHead(status).end(JSON.stringify(body)));

    async function answer(incoming: IncomingMessage): Promise<Answer> {
      let received: ReceivedMultipart | undefined;
      try {
        received = await receiveMultipart(incoming, res, {
          maxFileBytes: 12_000_000,
          maxFiles: 8,
          maxTotalBytes: 120_000_000,
          maxFieldBytes: 100_000,
          deadlineMs: 20_000,
          slowestMs: 20_000,
          directory,
          ...limits,
        });
        const body = await handler(filesOf(received.operations), received);
        return { status: received.fault?.status ?? 200, body };
      } catch (error) {
        if (!(error instanceof UploadFault)) return { status: 500, body: String(error) };
        return { status: error.status, body: { name: error.name, message: error.message } };
      } finally {
        await received?.release();
      }
    }
  });
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;

  return {
    directory,
    port,
    /** Resolves once every request so far was handled to its end. */
    handled: () => Promise.all(handled),
    async post({ contentType, bytes }: MultipartBody): Promise<Answer> {
      const response = await fetch(`http://127.0.0.1:${port}/`, {
        method: "POST",
        headers: { "content-type": contentType },
        body: new Uint8Array(bytes),
      });
      return { status: response.status, body: await response.json() };
    },
    /** Sends chunk by chunk, without a length, and stops sending once it has its answer. */
    async postChunks(contentType: string, chunks: Iterable<Buffer>): Promise<Answer> {
      const req = request({ port, method: "POST", headers: { "content-type": contentType } });
      const answered = new Promise<IncomingMessage>((resolve, reject) => {
        req.once("response", resolve).once("error", reject);
      });
      let isAnswered = false;
      answered.then(
        () => {
          isAnswered = true;
        },
        () => undefined,
      );
      for (const chunk of chunks) {
        if (isAnswered || req.destroyed) break;
        if (!req.write(chunk)) await Promise.race([new Promise((resolve) => req.once("drain", resolve)), answered]);
      }
      if (!isAnswered) req.end();
      const response = await answered;
      const body = JSON.parse(await text(response));
      req.destroy();
      return { status: response.statusCode ?? 0, body };
    },
    /** A connection that sends the head of a request for a longer body and the first bytes of it. */
    openRaw({ contentType, bytes }: MultipartBody, sentBytes: number): Promise<Socket> {
      const first = bytes.subarray(0, sentBytes);
      return openSocket(port, [`Content-Type: ${contentType}`, `Content-Length: ${bytes.length}`], first);
    },
    /** A connection for a body of any length: what is written after the first bytes has to be chunks. */
    openChunked({ contentType, bytes }: MultipartBody): Promise<Socket> {
      return openSocket(port, [`Content-Type: ${contentType}`, "Transfer-Encoding: chunked"], httpChunk(bytes));
    },
    async stop(): Promise<void> {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
      await spool.stop();
    },
  };
}

export type UploadServer = Awaited<ReturnType<typeof startUploadServer>>;

export function httpChunk(bytes: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from("\r\n")]);
}

async function openSocket(port: number, headers: string[], first: Buffer): Promise<Socket> {
  const socket = connect(port, "127.0.0.1");
  const head = ["POST / HTTP/1.1", "Host: x", ...headers, "", ""].join("\r\n");
  await new Promise<void>((resolve, reject) => {
    socket.once("error", reject);
    socket.write(Buffer.concat([Buffer.from(head), first]), () => resolve());
  });
  return socket;
}

function filesOf(operations: unknown): Promise<SpooledFile>[] {
  const { variables } = operations as { variables?: { files?: unknown[] } };
  return (variables?.files ?? []).map((upload) => {
    if (!(upload instanceof Upload)) throw new Error("The place of a file is empty.");
    return upload.promise as unknown as Promise<SpooledFile>;
  });
}

// GraphQL multipart requests that are made while they are sent, so that the sender holds none of the files in memory,
// and connections that break off in the middle of one.

import { once } from "node:events";
import { request } from "node:http";
import { connect, type Socket } from "node:net";
import { json } from "node:stream/consumers";
import { type MultipartBody, partHead } from "./multipart-body.js";
import type { Answer } from "./test-client.js";

export interface StreamedFile {
  /** Where it belongs, e.g. `variables.input.file`. */
  path: string;
  fileName: string;
  contentType: string;
  chunks(): Iterable<Buffer>;
}

export async function streamUpload(
  gatewayUrl: string,
  operation: { query: string; variables: Record<string, unknown> },
  files: StreamedFile[],
  // biome-ignore lint/suspicious/noExplicitAny: the test knows what it asked for
): Promise<Answer<any>> {
  const boundary = "streamed";
  const outgoing = request(`${gatewayUrl}/graphql`, {
    method: "POST",
    agent: false,
    headers: { "content-type": `multipart/form-data; boundary=${boundary}`, "apollo-require-preflight": "true" },
  });
  const answered = new Promise<Answer>((resolve, reject) => {
    outgoing.once("response", (response) => resolve(json(response) as Promise<Answer>)).once("error", reject);
  });
  for (const chunk of bodyOf(operation, files, boundary)) {
    if (!outgoing.write(chunk)) await new Promise((resolve) => outgoing.once("drain", resolve));
  }
  outgoing.end();
  return answered;
}

export async function openConnection(gatewayUrl: string): Promise<Socket> {
  const { hostname, port } = new URL(gatewayUrl);
  const socket = connect(Number(port), hostname);
  // Whatever breaks it is what the test looks at.
  socket.on("error", () => undefined);
  await once(socket, "connect");
  return socket;
}

/** Sends the head of the request and the first bytes of its body. */
export async function sendUpload(socket: Socket, { contentType, bytes }: MultipartBody, sentBytes: number) {
  const head = [
    "POST /graphql HTTP/1.1",
    "Host: x",
    "apollo-require-preflight: true",
    `Content-Type: ${contentType}`,
    `Content-Length: ${bytes.length}`,
  ];
  socket.write(`${head.join("\r\n")}\r\n\r\n`);
  await new Promise((resolve) => socket.write(bytes.subarray(0, sentBytes), resolve));
}

function* bodyOf(operation: object, files: StreamedFile[], boundary: string): Generator<Buffer> {
  const map = Object.fromEntries(files.map(({ path }, index) => [index, [path]]));
  for (const [name, value] of Object.entries({ operations: operation, map })) {
    const text = JSON.stringify(value);
    yield Buffer.concat([partHead({ name, value: text }, boundary), Buffer.from(`${text}\r\n`)]);
  }
  for (const [index, { fileName, contentType, chunks }] of files.entries()) {
    yield partHead({ name: String(index), fileName, contentType, content: "" }, boundary);
    yield* chunks();
    yield Buffer.from("\r\n");
  }
  yield Buffer.from(`--${boundary}--\r\n`);
}

// GraphQL multipart requests. Every file is spooled as it arrives, whether or not anyone asks for it yet: the parser
// stands still at a part that is not read, so a resolver that awaits the second file first would wait for ever.

import type { IncomingMessage, ServerResponse } from "node:http";
import { processRequest, Upload } from "graphql-upload-minimal";
import { valueAt } from "./file-map.js";
import { guardParser, type ParserGuard } from "./guard-parser.js";
import { RequestBody } from "./request-body.js";
import { type SpooledFile, spoolFile } from "./spool-file.js";
import { MalformedUpload, toUploadFault, UploadAborted, type UploadFault } from "./upload-faults.js";

export interface MultipartLimits {
  maxFileBytes: number;
  maxFiles: number;
  /** The whole request, boundaries included. */
  maxTotalBytes: number;
  /** The fields `operations` and `map`, each. */
  maxFieldBytes: number;
  /** For the whole request. */
  deadlineMs: number;
  /** How long it may bring next to nothing. */
  slowestMs: number;
  /** For what does not fit into memory. */
  directory: string;
}

export interface ReceivedMultipart {
  /** The `Upload` scalar resolves to the promise of a SpooledFile. */
  operations: unknown;
  /** What ended the request while its operations were under way already; the files not yet received fail with it. */
  readonly fault: UploadFault | null;
  /** Stops what still arrives and removes what was kept; comes by itself when the response is closed. */
  release(): Promise<void>;
}

/** Rejects with an UploadFault. */
export async function receiveMultipart(
  req: IncomingMessage,
  res: ServerResponse,
  limits: MultipartLimits,
): Promise<ReceivedMultipart> {
  let guard: ParserGuard | undefined;
  const body = new RequestBody(req, res, limits, (parser) => {
    guard = guardParser(parser, (fault) => body.destroy(fault));
  });
  const operations = await readOperations(body, res, limits);
  const paths = [...(guard?.fileMap.values() ?? [])];
  const files = paths.map((path) => spoolUpload(valueAt(operations, path), body, limits));

  let released: Promise<void> | undefined;
  const release = () => {
    released ??= releaseFiles(body, files);
    return released;
  };
  // Frameworks tell of a response that was sent, but not of every client that went away before.
  res.once("close", () => release().catch(() => undefined));
  return {
    operations,
    get fault() {
      return body.fault;
    },
    release,
  };
}

async function readOperations(body: RequestBody, res: ServerResponse, limits: MultipartLimits): Promise<unknown> {
  try {
    // The library accepts the words anywhere in the header, and its parser then reads another format.
    if (!/^multipart\/form-data;/i.test(body.headers["content-type"] ?? "")) {
      throw new MalformedUpload("The content type has to be multipart/form-data with a boundary.");
    }
    // It asks no more of a request than what RequestBody has. Its limit for a file is not used: that would cut the file
    // off before anyone reads it, and counts a file of exactly that size as too large.
    const reading = processRequest(body as unknown as IncomingMessage, res, {
      maxFiles: limits.maxFiles,
      maxFieldSize: limits.maxFieldBytes,
    });
    body.start();
    const operations = await reading;
    if (body.fault !== null) throw body.fault;
    return operations;
  } catch (error) {
    const fault = body.fault ?? toUploadFault(error);
    body.destroy(fault);
    throw fault;
  }
}

function spoolUpload(upload: unknown, body: RequestBody, limits: MultipartLimits): Promise<SpooledFile> {
  if (!(upload instanceof Upload)) throw new Error("The multipart library left a place of its map empty.");
  const { maxFileBytes: maxBytes, directory } = limits;
  const arriving = upload.promise.catch((error: unknown) => {
    throw toUploadFault(error);
  });
  const file = arriving
    .then((part) => spoolFile(part, { maxBytes, directory }))
    .catch((error: unknown) => {
      // A part that breaks off can be heard of before what broke it.
      throw error instanceof UploadAborted ? (body.fault ?? toUploadFault(error.cause ?? error)) : error;
    });
  // Nobody may ever await it.
  file.catch(() => undefined);
  (upload as { promise: Promise<unknown> }).promise = file;
  return file;
}

async function releaseFiles(body: RequestBody, files: Promise<SpooledFile>[]): Promise<void> {
  if (!body.readableEnded) body.destroy(new UploadAborted());
  for (const file of await Promise.allSettled(files)) {
    if (file.status === "fulfilled") await file.value.remove();
  }
}

// What a caller may ask for at once: one name for each limit.

import { z } from "zod";

export interface Limits {
  /** Of a request that is no upload, and of a WebSocket message. */
  bodyBytes: number;
  tokens: number;
  depth: number;
  aliases: number;
  rootFields: number;
  directives: number;
  cost: number;
  /** Entries of one page. */
  page: number;
  /** Of one principal at the same time, on this node. */
  operationsInFlight: number;
  /** Of one principal, on all nodes together. */
  requestsPerMinute: number;
  /** From one address, on this node. */
  failedCredentialsPerMinute: number;
  /** Of one principal at the same time, on this node. */
  sockets: number;
  subscriptions: number;
  /** From one address at the same time, on this node. */
  connectionsPerAddress: number;
  uploadFiles: number;
  uploadTotalBytes: number;
  /** Uploads at the same time, on this node. */
  uploadsAtOnce: number;
  headersMs: number;
  requestMs: number;
  uploadMs: number;
}

const whole = (description: string, byDefault: number, maximum = 999_999_999_999) =>
  z
    .string()
    .regex(/^[1-9]\d{0,11}$/, "must be a whole number above 0")
    .transform(Number)
    .pipe(z.number().max(maximum, `must be ${maximum} at most`))
    .default(byDefault)
    .meta({ description });

export const limitNames = {
  LIMIT_BODY_BYTES: whole("a request that is no upload, or a message over WebSocket", 100_000),
  LIMIT_TOKENS: whole("the words and signs of a document", 2_000),
  LIMIT_DEPTH: whole("levels of fields", 12),
  LIMIT_ALIASES: whole("aliases, repeated fields, and fragments side by side after the first", 30),
  LIMIT_ROOT_FIELDS: whole("fields at an operation's root", 20),
  LIMIT_DIRECTIVES: whole("directives", 10),
  LIMIT_COST: whole("objects that could be returned; 200 for what may ask the provider, 10 for a mutation", 5_000),
  // What the schema promises of every page.
  LIMIT_PAGE: whole("entries of a page; 100 at most", 100, 100),
  LIMIT_OPERATIONS_IN_FLIGHT: whole("a caller's requests at the same time, on a node", 100),
  LIMIT_REQUESTS_PER_MINUTE: whole("a caller's requests, on all nodes that share a `REDIS_URL`", 6_000),
  LIMIT_FAILED_CREDENTIALS_PER_MINUTE: whole("wrong credentials from one address, on a node", 60),
  LIMIT_SOCKETS: whole("a caller's WebSockets and streams, on a node", 100),
  LIMIT_SUBSCRIPTIONS: whole("a caller's subscriptions, on a node", 1_000),
  LIMIT_CONNECTIONS_PER_ADDRESS: whole("connections from one address, on a node", 1_000),
  LIMIT_UPLOAD_FILES: whole("files of an upload", 20),
  LIMIT_UPLOAD_TOTAL_BYTES: whole("an upload as a whole", 104_857_600),
  LIMIT_UPLOADS_AT_ONCE: whole("uploads at the same time, on a node", 20),
  LIMIT_HEADERS_SECONDS: whole("until a request's headers are there", 10, 86_400),
  LIMIT_REQUEST_SECONDS: whole(
    "until its body is, until its answer was read; an upload brings 1 kB a second in it",
    30,
    86_400,
  ),
  LIMIT_UPLOAD_SECONDS: whole("until an upload is there", 300, 86_400),
};

export function limitsOf(read: z.output<z.ZodObject<typeof limitNames>>): Limits {
  return Object.freeze({
    bodyBytes: read.LIMIT_BODY_BYTES,
    tokens: read.LIMIT_TOKENS,
    depth: read.LIMIT_DEPTH,
    aliases: read.LIMIT_ALIASES,
    rootFields: read.LIMIT_ROOT_FIELDS,
    directives: read.LIMIT_DIRECTIVES,
    cost: read.LIMIT_COST,
    page: read.LIMIT_PAGE,
    operationsInFlight: read.LIMIT_OPERATIONS_IN_FLIGHT,
    requestsPerMinute: read.LIMIT_REQUESTS_PER_MINUTE,
    failedCredentialsPerMinute: read.LIMIT_FAILED_CREDENTIALS_PER_MINUTE,
    sockets: read.LIMIT_SOCKETS,
    subscriptions: read.LIMIT_SUBSCRIPTIONS,
    connectionsPerAddress: read.LIMIT_CONNECTIONS_PER_ADDRESS,
    uploadFiles: read.LIMIT_UPLOAD_FILES,
    uploadTotalBytes: read.LIMIT_UPLOAD_TOTAL_BYTES,
    uploadsAtOnce: read.LIMIT_UPLOADS_AT_ONCE,
    headersMs: read.LIMIT_HEADERS_SECONDS * 1000,
    requestMs: read.LIMIT_REQUEST_SECONDS * 1000,
    uploadMs: read.LIMIT_UPLOAD_SECONDS * 1000,
  });
}

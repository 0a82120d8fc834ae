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

const whole = (byDefault: number, maximum = 999_999_999_999) =>
  z
    .string()
    .regex(/^[1-9]\d{0,11}$/, "must be a whole number above 0")
    .transform(Number)
    .pipe(z.number().max(maximum))
    .default(byDefault);

export const limitNames = {
  LIMIT_BODY_BYTES: whole(100_000),
  LIMIT_TOKENS: whole(2_000),
  LIMIT_DEPTH: whole(12),
  LIMIT_ALIASES: whole(30),
  LIMIT_ROOT_FIELDS: whole(20),
  LIMIT_DIRECTIVES: whole(10),
  LIMIT_COST: whole(5_000),
  // What the schema promises of every page.
  LIMIT_PAGE: whole(100, 100),
  LIMIT_OPERATIONS_IN_FLIGHT: whole(100),
  LIMIT_REQUESTS_PER_MINUTE: whole(6_000),
  LIMIT_FAILED_CREDENTIALS_PER_MINUTE: whole(60),
  LIMIT_SOCKETS: whole(100),
  LIMIT_SUBSCRIPTIONS: whole(1_000),
  LIMIT_CONNECTIONS_PER_ADDRESS: whole(1_000),
  LIMIT_UPLOAD_FILES: whole(20),
  LIMIT_UPLOAD_TOTAL_BYTES: whole(104_857_600),
  LIMIT_UPLOADS_AT_ONCE: whole(20),
  LIMIT_HEADERS_SECONDS: whole(10, 86_400),
  LIMIT_REQUEST_SECONDS: whole(30, 86_400),
  LIMIT_UPLOAD_SECONDS: whole(300, 86_400),
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

// The shape of a GraphQL request, checked before its text is looked at, the same over every transport.

import { badRequest, limitExceeded } from "./refusal.js";

export interface OperationRequest {
  /** Null: only its hash was sent. */
  query: string | null;
  documentHash: string | null;
  operationName: string | null;
  variables: Readonly<Record<string, unknown>>;
}

const halfPair = /[\uD800-\uDFFF]/u;
// Deeper than any input of the schema, with room.
const maxVariableDepth = 32;

/** `body` is what stood in a JSON body, a message, or the fields of a form. */
export function readRequest(body: unknown): OperationRequest {
  if (Array.isArray(body)) {
    throw limitExceeded("batch", `Requests cannot be batched: the limit is 1, ${body.length} were sent.`);
  }
  if (!isRecord(body)) throw badRequest("The body must be a JSON object with a query.");
  const query = optional(body, "query", isText, "a string");
  const operationName = optional(body, "operationName", isText, "a string");
  const variables = optional(body, "variables", isRecord, "an object");
  const extensions = optional(body, "extensions", isRecord, "an object");
  const documentHash = hashOf(body, extensions);
  if (!query && documentHash === null) throw badRequest("query must be a string that is not empty.");
  if (variables) checkValues(variables);
  return {
    query: query || null,
    documentHash,
    operationName: operationName || null,
    variables: variables ?? {},
  };
}

/** The parameters of a URL, of which two are JSON. */
export function readParameters(parameters: unknown): OperationRequest {
  const { query, operationName, documentId, variables, extensions } = parameters as Record<string, unknown>;
  return readRequest({
    query,
    operationName,
    documentId,
    variables: parsed("variables", variables),
    extensions: parsed("extensions", extensions),
  });
}

function parsed(name: string, value: unknown): unknown {
  if (typeof value !== "string") return value;
  try {
    return JSON.parse(value);
  } catch {
    throw badRequest(`${name} must be JSON.`);
  }
}

function hashOf(body: Record<string, unknown>, extensions: Record<string, unknown> | null): string | null {
  const documentId = optional(body, "documentId", isText, "a string");
  if (documentId) return documentId;
  if (!extensions || extensions.persistedQuery === undefined || extensions.persistedQuery === null) return null;
  const { persistedQuery } = extensions;
  if (!isRecord(persistedQuery) || typeof persistedQuery.sha256Hash !== "string") {
    throw badRequest("extensions.persistedQuery must be an object with the string sha256Hash.");
  }
  return persistedQuery.sha256Hash;
}

function optional<T>(
  body: Record<string, unknown>,
  name: string,
  isRight: (value: unknown) => value is T,
  what: string,
): T | null {
  const value = Object.hasOwn(body, name) ? body[name] : undefined;
  if (value === undefined || value === null) return null;
  if (isRight(value)) return value;
  throw badRequest(`${name} must be ${what}.`);
}

/** Texts that no database and no bank takes over unchanged, and nesting that would exhaust the stack further on. */
function checkValues(variables: Record<string, unknown>): void {
  const open: { value: unknown; path: string; depth: number }[] = [{ value: variables, path: "variables", depth: 0 }];
  for (let next = open.pop(); next; next = open.pop()) {
    const { value, path, depth } = next;
    if (typeof value === "string") checkText(value, path);
    if (!Array.isArray(value) && !isPlain(value)) continue;
    if (depth > maxVariableDepth) throw badRequest(`variables must not nest deeper than ${maxVariableDepth} levels.`);
    for (const [key, inner] of Object.entries(value as object)) {
      if (key === "__proto__") throw badRequest(`${path} has a key that is not taken.`);
      if (inner !== null && typeof inner !== "number" && typeof inner !== "boolean") {
        open.push({ value: inner, path: `${path}.${key}`, depth: depth + 1 });
      }
    }
  }
}

function checkText(text: string, path: string): void {
  if (halfPair.test(text)) throw badRequest(`${path} holds half of a surrogate pair, which is no character.`);
  if (text.includes("\0")) throw badRequest(`${path} holds the character NUL.`);
}

function isText(value: unknown): value is string {
  return typeof value === "string";
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A file of an upload stands among the variables too, and is none of ours to look into. */
function isPlain(value: unknown): boolean {
  if (!isRecord(value)) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

// Decides whether an operation is run, over HTTP, WebSocket and SSE alike: its shape, its text, what it asks for, and
// whether this caller may. What is thrown is a Refusal, or an AccessError where a scope is missing.

import { type DocumentNode, GraphQLError, type GraphQLSchema, type OperationDefinitionNode } from "graphql";
import { LRUCache } from "lru-cache";
import type { AuditTrail } from "../../access/audit-trail.js";
import { type FieldNeed, requireScopes } from "../../access/operation-needs.js";
import type { Principal } from "../../access/principal.js";
import type { Logger } from "../../telemetry/logger.js";
import { activeSpan } from "../../telemetry/tracing.js";
import { tellOperation } from "../operation-span.js";
import { costFor, sizeFor } from "./cost.js";
import {
  type DocumentLimits,
  type PreparedDocument,
  type PreparedOperation,
  prepareDocument,
  validationFailed,
} from "./prepare-document.js";
import type { OperationRequest } from "./read-request.js";
import { badRequest, limitExceeded, Refusal } from "./refusal.js";
import { hashOfText, type TrustedDocuments } from "./trusted-documents.js";

export interface AdmissionLimits extends DocumentLimits {
  cost: number;
  page: number;
}

export interface AdmissionParts {
  schema: GraphQLSchema;
  limits: AdmissionLimits;
  introspection: "everyone" | "operator" | "nobody";
  /** Null: any text is taken. */
  trustedDocuments: TrustedDocuments | null;
  /** Refusals for want of a scope are written down there. */
  audit: AuditTrail;
  logger: Logger;
}

/** What kinds of operation a door takes. */
export type Door = "POST" | "GET" | "stream" | "socket";

export interface AdmittedOperation {
  text: string;
  document: DocumentNode;
  operation: OperationDefinitionNode;
  operationName: string | null;
  variables: Readonly<Record<string, unknown>>;
  needs: readonly FieldNeed[];
  /** Not everybody may be answered, whatever the scopes. */
  asksSchema: boolean;
}

// Some 300 bytes of syntax tree stand behind each token.
const keptDocuments = 1_000;
const keptTokens = 100_000;

export class Admission {
  readonly #parts: AdmissionParts;
  readonly #byText: LRUCache<string, PreparedDocument>;
  readonly #byHash = new Map<string, PreparedDocument>();

  constructor(parts: AdmissionParts) {
    this.#parts = parts;
    this.#byText = new LRUCache({
      max: keptDocuments,
      maxSize: keptTokens,
      sizeCalculation: ({ tokens }) => Math.max(1, tokens),
      dispose: ({ hash }) => this.#byHash.delete(hash),
    });
  }

  admit(principal: Principal, request: OperationRequest, door: Door, requestId: string | null): AdmittedOperation {
    const text = this.#textOf(request);
    const prepared = this.#prepare(text, this.#maySeeSchema(principal), request.operationName);
    if (prepared.asksSchema && !this.#maySeeSchema(principal)) {
      throw validationFailed([new GraphQLError("Introspection is not allowed.")]);
    }
    const { operationName, variables } = request;
    const known = prepared.operation(operationName);
    if (!known) throw badRequest("operationName must name one operation of the document.");
    requireDoor(known.operation, door);
    this.#requireAffordable(known, variables);
    requireScopes(principal, known.needs, this.#parts.audit, requestId);
    tellOperation(activeSpan(), known.operation);
    return toAdmitted(prepared, known, operationName, variables);
  }

  /**
   * A query in a document that was admitted before: null, or a Refusal, where `admit` has to look. Whether the caller has
   * what it needs is not asked here.
   */
  recall({ query, documentHash, operationName, variables }: OperationRequest): AdmittedOperation | null {
    const prepared = query === null || documentHash !== null ? undefined : this.#byText.get(query);
    if (!prepared || prepared.asksSchema) return null;
    const known = prepared.operation(operationName);
    if (known?.operation.operation !== "query") return null;
    this.#requireAffordable(known, variables);
    return toAdmitted(prepared, known, operationName, variables);
  }

  /** The document of a text that was admitted, by the text's SHA-256. */
  documentOf(hash: string): DocumentNode | undefined {
    return this.#byHash.get(hash)?.document;
  }

  #maySeeSchema({ isOperator }: Principal): boolean {
    const { introspection } = this.#parts;
    return introspection === "everyone" || (introspection === "operator" && isOperator);
  }

  #textOf({ query, documentHash }: OperationRequest): string {
    if (query !== null) {
      if (documentHash === null || hashOfText(query) === documentHash.toLowerCase()) return query;
      throw badRequest("The hash is not the SHA-256 of the query.");
    }
    const text = this.#parts.trustedDocuments?.textOf(documentHash as string);
    if (text) return text;
    throw notTrusted("There is no document of that hash.");
  }

  #prepare(text: string, hasHints: boolean, operationName: string | null): PreparedDocument {
    const { schema, limits, trustedDocuments, logger } = this.#parts;
    const kept = this.#byText.get(text);
    if (kept) return kept;
    const isTrusted = !trustedDocuments || trustedDocuments.has(hashOfText(text));
    if (!isTrusted && trustedDocuments.mode === "enforce") {
      throw notTrusted("Only the operations of a list are served here.");
    }
    const prepared = prepareDocument(schema, text, limits, hasHints);
    if (!isTrusted) {
      // Only a name that the document has: what else a client calls it is anybody's guess.
      const name = prepared.operation(operationName)?.operation.name?.value;
      logger.warn({ documentHash: prepared.hash, operationName: name }, "not on the list of trusted documents");
    }
    this.#byText.set(text, prepared);
    // One that is too large to be kept is not there now.
    if (this.#byText.has(text)) this.#byHash.set(prepared.hash, prepared);
    return prepared;
  }

  #requireAffordable({ cost, pageSizes }: PreparedOperation, variables: OperationRequest["variables"]): void {
    const { limits } = this.#parts;
    for (const size of pageSizes) {
      const asked = sizeFor(size, variables);
      if (asked <= limits.page) continue;
      throw limitExceeded("page", `A page has ${limits.page} entries at most; first asks for ${asked}.`);
    }
    const asked = costFor(cost, variables);
    if (asked > limits.cost) {
      throw limitExceeded(
        "cost",
        `The operation could cost ${asked}; the limit is ${limits.cost}. Ask for smaller pages or fewer fields.`,
      );
    }
  }
}

function toAdmitted(
  { text, document, asksSchema }: PreparedDocument,
  { operation, needs }: PreparedOperation,
  operationName: string | null,
  variables: OperationRequest["variables"],
): AdmittedOperation {
  return { text, document, operation, operationName, variables, needs, asksSchema };
}

function requireDoor({ operation: kind }: OperationDefinitionNode, door: Door): void {
  if (door === "stream" && kind !== "subscription") {
    throw badRequest("Only subscriptions are served here; the rest is at /graphql.");
  }
  if ((door === "POST" || door === "GET") && kind === "subscription") {
    throw badRequest("Subscriptions are served over WebSocket here and over SSE at /graphql/stream.");
  }
  if (door === "GET" && kind === "mutation") {
    throw badRequest("Mutations are taken by POST only.", { status: 405, headers: { allow: "POST" } });
  }
}

function notTrusted(message: string): Refusal {
  const error = new GraphQLError(message, { extensions: { code: "PERSISTED_QUERY_NOT_FOUND" } });
  return new Refusal([error], { reason: "trustedDocuments", status: 400 });
}

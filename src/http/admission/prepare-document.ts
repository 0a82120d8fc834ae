// From a text to what is known of it: parsed, measured, valid, and each of its operations with what it needs and costs.
// None of this depends on who asks, so that it is done once for a text.

import {
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  getOperationAST,
  Kind,
  type OperationDefinitionNode,
  parse,
  validate,
  visit,
} from "graphql";
import { type FieldNeed, needsOf } from "../../access/operation-needs.js";
import { rulesFor } from "./choose-rules.js";
import { type PricedOperation, priceOperation } from "./cost.js";
import { type Measures, requireMeasured } from "./measure-document.js";
import { Refusal } from "./refusal.js";
import { askingSchema, parseFailed, scanText } from "./scan-text.js";
import { hashOfText } from "./trusted-documents.js";

export type DocumentLimits = Measures & { tokens: number };

export interface PreparedOperation extends PricedOperation {
  operation: OperationDefinitionNode;
  needs: readonly FieldNeed[];
}

export interface PreparedDocument {
  text: string;
  /** SHA-256 of the text, hex. */
  hash: string;
  document: DocumentNode;
  tokens: number;
  /** It asks for the schema itself. */
  asksSchema: boolean;
  /** Null where the name, or its lack, does not lead to one operation. */
  operation(name: string | null): PreparedOperation | null;
}

// Each further one costs time, and the client mends them one by one anyway.
const maxFaults = 10;

/** Throws a Refusal. With `hasHints` it may tell of the schema what introspection would. */
export function prepareDocument(
  schema: GraphQLSchema,
  text: string,
  limits: DocumentLimits,
  hasHints: boolean,
): PreparedDocument {
  const words = scanText(text, limits);
  const document = parseText(text);
  requireMeasured(document, limits);
  const faults = validate(schema, document, rulesFor(words, document), { maxErrors: maxFaults });
  if (faults.length > 0) throw validationFailed(hasHints ? faults : faults.map(withoutHint));
  const operations = new Map<string | null, PreparedOperation>();
  return {
    text,
    hash: hashOfText(text),
    document,
    tokens: words.tokens,
    asksSchema: words.mayAskSchema && asksSchema(document),
    operation: (name) => {
      const known = operations.get(name);
      if (known) return known;
      const operation = getOperationAST(document, name);
      // Names that the document does not have are as many as anybody likes, and not kept.
      if (!operation) return null;
      const needs = needsOf(schema, document, operation);
      const prepared = { operation, needs, ...priceOperation(schema, document, operation) };
      operations.set(name, prepared);
      return prepared;
    },
  };
}

export function validationFailed(faults: readonly GraphQLError[]): Refusal {
  const errors = faults.map(
    ({ message, nodes }) =>
      new GraphQLError(message, { nodes: nodes ?? null, extensions: { code: "GRAPHQL_VALIDATION_FAILED" } }),
  );
  return new Refusal(errors, { reason: "validation", status: null });
}

function parseText(text: string): DocumentNode {
  try {
    return parse(text);
  } catch (error) {
    throw error instanceof GraphQLError ? parseFailed(error) : error;
  }
}

/** A suggestion tells of the schema what introspection would. */
function withoutHint({ message, nodes }: GraphQLError): GraphQLError {
  return new GraphQLError(message.replace(/ ?Did you mean .+\?$/, ""), { nodes: nodes ?? null });
}

function asksSchema(document: DocumentNode): boolean {
  let isAsked = false;
  visit(document, {
    [Kind.FIELD]: ({ name }) => {
      if (askingSchema.has(name.value)) isAsked = true;
    },
  });
  return isAsked;
}

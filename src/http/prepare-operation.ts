// From a client's text to what can be executed, for the transports that Apollo does not serve.

import {
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  getOperationAST,
  NoSchemaIntrospectionCustomRule,
  type OperationDefinitionNode,
  parse,
  specifiedRules,
  validate,
} from "graphql";
import { AccessError } from "../access/access-error.js";
import type { AuditTrail } from "../access/audit-trail.js";
import { needsOf, requireScopes } from "../access/operation-needs.js";
import type { Principal } from "../access/principal.js";

export interface OperationRequest {
  query?: unknown;
  operationName?: unknown;
  variables?: unknown;
}

export interface PreparedOperation {
  document: DocumentNode;
  operation: OperationDefinitionNode;
  operationName: string | null;
  variableValues: Record<string, unknown> | null;
}

/** The operation, or every reason why it cannot be run. */
export function prepareOperation(
  schema: GraphQLSchema,
  hasIntrospection: boolean,
  principal: Principal,
  { query, operationName, variables }: OperationRequest,
  audit: AuditTrail,
): PreparedOperation | readonly GraphQLError[] {
  if (typeof query !== "string") return [refusal("query must be a string.", "BAD_USER_INPUT")];
  let document: DocumentNode;
  try {
    document = parse(query);
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error;
    return [withCode(error, "GRAPHQL_PARSE_FAILED")];
  }
  const rules = hasIntrospection ? specifiedRules : [...specifiedRules, NoSchemaIntrospectionCustomRule];
  const faults = validate(schema, document, rules);
  if (faults.length > 0) {
    return faults.map((fault) => withCode(hasIntrospection ? fault : withoutHint(fault), "GRAPHQL_VALIDATION_FAILED"));
  }
  const name = typeof operationName === "string" ? operationName : null;
  const operation = getOperationAST(document, name);
  if (!operation) return [refusal("operationName must name one operation of the document.", "BAD_USER_INPUT")];
  try {
    requireScopes(principal, needsOf(schema, document, operation), audit);
  } catch (error) {
    if (!(error instanceof AccessError)) throw error;
    return [refusal(error.message, error.code)];
  }
  return {
    document,
    operation,
    operationName: name,
    variableValues: isRecord(variables) ? variables : null,
  };
}

function refusal(message: string, code: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code } });
}

/** A suggestion tells of the schema what introspection would. */
function withoutHint({ message, nodes }: GraphQLError): GraphQLError {
  return new GraphQLError(message.replace(/ ?Did you mean .+\?$/, ""), { nodes: nodes ?? null });
}

function withCode(error: GraphQLError, code: string): GraphQLError {
  const { message, nodes, source, positions, path } = error;
  return new GraphQLError(message, {
    nodes: nodes ?? null,
    source: source ?? null,
    positions: positions ?? null,
    path: path ?? null,
    extensions: { code },
  });
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

// What a trace tells of an operation: its name and kind, and by which of our codes it failed. Neither its text nor its
// variables, nor what an error says.

import type { OperationDefinitionNode } from "graphql";
import { activeSpan, type Span } from "../telemetry/tracing.js";

// A name is the client's, and can be as long as a document may be.
const maxNameLength = 100;

export function tellOperation(span: Span | null | undefined, { operation, name }: OperationDefinitionNode): void {
  if (!span) return;
  const given = name?.value.slice(0, maxNameLength);
  span.rename(given === undefined ? operation : `${operation} ${given}`);
  span.set({ "graphql.operation.type": operation, "graphql.operation.name": given });
}

/** Of the operation that is under way here. The errors are those that the client is told. */
export function tellErrors(errors: readonly { extensions?: Record<string, unknown> | undefined }[]): void {
  const codes = new Set(errors.map(({ extensions }) => String(extensions?.code ?? "INTERNAL_SERVER_ERROR")));
  activeSpan()?.set({ "payout_gateway.outcome": "errors", "error.type": [...codes].join(" ") });
}

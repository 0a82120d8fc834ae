// Every mutation that the schema has, whichever resolver does it and whichever transport brought it, leaves its two
// entries in the audit trail: nobody has to think of it.

import { createHash } from "node:crypto";
import { GraphQLError, type GraphQLSchema } from "graphql";
import { AccessError } from "../access/access-error.js";
import { type ActEnd, type AuditDetail, type AuditObject } from "../access/audit-trail.js";
import { ProviderError } from "../datasources/provider-error.js";
import type { UserErrorFields } from "../schema/rejection.js";
import type { RequestContext } from "./request-context.js";

type Fields = Record<string, unknown>;

// The narrowest thing that a mutation is about comes first.
const objectTypes = ["payout", "document", "customer"] as const;
// A caller may write anything where an id belongs: only what cannot be about a person is kept of an attempt.
const idForm = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const maxErrors = 50;
const maxReason = 500;

export function auditMutations(schema: GraphQLSchema): GraphQLSchema {
  for (const field of Object.values(schema.getMutationType()?.getFields() ?? {})) {
    const { resolve } = field;
    if (!resolve) throw new Error(`${field.name} has no resolver.`);
    field.resolve = async (root, args, context: RequestContext, info) => {
      const { audit, principal, requestId } = context;
      const input = fieldsOf(args.input);
      const act = { principal, action: field.name, requestId, object: targetOf(input), detail: detailOf(input) };
      const work = async () => fieldsOf(await resolve(root, args, context, info));
      return audit.around(act, work, (payload) => endOf(payload, input), failureOf);
    };
  }
  return schema;
}

/** What is made has no id before it is made: until then it is about whom it is made for. */
function targetOf({ customerId, payoutId }: Fields): AuditObject | null {
  if (typeof payoutId === "string" && idForm.test(payoutId)) return { type: "payout", id: payoutId };
  return typeof customerId === "string" && idForm.test(customerId) ? { type: "customer", id: customerId } : null;
}

/** Keys are callers' own words: their hash is enough to look one up. */
function detailOf(input: Fields): AuditDetail {
  const { idempotencyKey } = input;
  if (typeof idempotencyKey !== "string") return decisionOf(input);
  return { idempotencyKeySha256: createHash("sha256").update(idempotencyKey).digest("hex") };
}

/** What an operator decides about a payout, and why: the trail is where that is kept. */
function decisionOf({ payoutId, outcome, transactionId, reason }: Fields): AuditDetail {
  if (typeof payoutId !== "string" || typeof outcome !== "string") return {};
  return {
    decision: outcome,
    ...(typeof transactionId === "string" && idForm.test(transactionId) ? { transactionId } : {}),
    ...(typeof reason === "string" ? { reason: reason.slice(0, maxReason) } : {}),
  };
}

function endOf(payload: Fields, input: Fields): ActEnd {
  const userErrors = payload.userErrors as UserErrorFields[];
  const decision = decisionOf(input);
  if (userErrors.length > 0) return { outcome: "REFUSED", detail: { ...decision, userErrors: toCodes(userErrors) } };
  const made = objectTypes.flatMap((type) => {
    const { id, status } = fieldsOf(payload[type]);
    return typeof id === "string" ? [{ object: { type, id }, status }] : [];
  })[0];
  const documents = Array.isArray(payload.documents) ? { documents: payload.documents.map(({ id }) => id) } : {};
  const ids = Array.isArray(payload.ids) ? { ids: payload.ids } : {};
  return {
    outcome: payload.replayed === true ? "REPLAYED" : "DONE",
    ...(made ? { object: made.object } : {}),
    detail: { ...decision, ...(made ? { status: made.status } : {}), ...documents, ...ids },
  };
}

function failureOf(error: unknown): ActEnd {
  if (!(error instanceof ProviderError)) return { outcome: "FAILED", detail: { code: codeOf(error) } };
  const { kind, outcome } = error;
  const code = kind === "RATE_LIMITED" ? kind : "PROVIDER_UNAVAILABLE";
  return { outcome: "FAILED", detail: { code, fault: kind, isProvenUndone: outcome === "NOT_DONE" } };
}

function codeOf(error: unknown): string {
  if (error instanceof AccessError) return error.code;
  const code = error instanceof GraphQLError ? error.extensions.code : null;
  return typeof code === "string" ? code : "INTERNAL_SERVER_ERROR";
}

/** Paths are ours: the provider's names for fields have been translated, or dropped. */
function toCodes(userErrors: readonly UserErrorFields[]) {
  return userErrors.slice(0, maxErrors).map(({ code, field }) => ({ code, field: field?.join(".") ?? null }));
}

function fieldsOf(value: unknown): Fields {
  return typeof value === "object" && value !== null ? (value as Fields) : {};
}

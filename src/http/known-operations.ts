// Queries that were met before, run straight behind admission: the compiled plan and the answer's text, without the server's
// pipeline around them. What is met for the first time, and whatever is out of the ordinary, goes through the server; what
// it says of a request and what is said here is the same to the byte.

import type { GraphQLSchema, OperationDefinitionNode } from "graphql";
import {
  type DocumentNode,
  type ExecutionResult,
  type GraphQLError,
  getNamedType,
  Kind,
  TypeInfo,
  visit,
  visitWithTypeInfo,
} from "graphql";
import { type CompiledQuery, isCompiledQuery } from "graphql-jit";
import { type Principal, visibilityOf } from "../access/principal.js";
import { type DependsOn, type FreshAnswers, sightOf } from "../mirror/fresh-answers.js";
import type { RequestContext } from "../resolvers/request-context.js";
import type { Logger } from "../telemetry/logger.js";
import type { Metrics } from "../telemetry/metrics.js";
import type { AdmittedOperation } from "./admission/admission.js";
import type { CompiledGateway } from "./compiled-gateway.js";
import type { CreateContext } from "./create-context.js";
import type { OperationSeries, OperationTimes } from "./operation-times.js";
import { toPublicError, toPublicFormat } from "./public-error.js";

export interface KnownOperationParts {
  schema: GraphQLSchema;
  compiled: CompiledGateway;
  answers: FreshAnswers;
  createContext: CreateContext;
  metrics: Metrics;
  times: OperationTimes;
  logger: Logger;
}

/** Null where the server is to answer. */
type Given = string | null;

interface KnownOperation {
  id: string;
  plan: CompiledQuery;
  series: OperationSeries;
  /** What its answers depend on; null where they are not to be kept. */
  scope: "customers" | "tenant" | null;
}

// Fields that read the mirror alone. The first ones say which customer an answer is about, the others list a tenant's.
const aboutCustomers = new Set(["customer", "payout", "payoutByTransaction"]);
const aboutTenant = new Set(["customers", "payouts"]);
/** All that is reached from there, and nothing that is not written where revisions are counted. */
const mirrored = new Set(
  `Query Customer CustomerConnection CustomerEdge Document Payout PayoutConnection PayoutEdge PageInfo Money PayoutRecipient
InteracInstruction StatusChange CustomerStatusChange DocumentStatusChange PayoutStatusChange`.split(/\s+/),
);

export class KnownOperations {
  readonly #parts: KnownOperationParts;
  readonly #known = new WeakMap<OperationDefinitionNode, KnownOperation | "seen" | "other">();
  readonly #sights = new WeakMap<Principal, string>();
  readonly #texts = new WeakMap<AdmittedOperation["variables"], string>();
  readonly #countKept: { inc(): void };
  readonly #countPlan: { inc(): void };
  #count = 0;

  constructor(parts: KnownOperationParts) {
    this.#parts = parts;
    this.#countKept = parts.metrics.queries.labels({ by: "kept" });
    this.#countPlan = parts.metrics.queries.labels({ by: "plan" });
  }

  /** The answer's body, or null where the server is to answer. */
  answer(admitted: AdmittedOperation, principal: Principal, requestId: string): Given | Promise<Given> {
    const known = this.#knownOf(admitted);
    if (!known) return null;
    const startedAtMs = performance.now();
    if (known.scope === null) {
      return this.#run(known, admitted, principal, requestId, startedAtMs).then((run) => run?.body ?? null);
    }
    const looked = this.#parts.answers.catchUp();
    return typeof looked === "number"
      ? this.#answerAt(looked, known, admitted, principal, requestId, startedAtMs)
      : looked.then((revision) => this.#answerAt(revision, known, admitted, principal, requestId, startedAtMs));
  }

  #answerAt(
    revision: number,
    known: KnownOperation,
    admitted: AdmittedOperation,
    principal: Principal,
    requestId: string,
    startedAtMs: number,
  ): Given | Promise<Given> {
    const { answers } = this.#parts;
    const key = `${known.id} ${this.#sightOf(principal)} ${this.#textOf(admitted.variables)}`;
    const kept = answers.find(key);
    if (kept !== undefined) {
      this.#countKept.inc();
      known.series.ok.since(startedAtMs);
      return kept;
    }
    return this.#run(known, admitted, principal, requestId, startedAtMs).then((run) => {
      if (!run) return null;
      const dependsOn = run.hasErrors || !known.scope ? null : dependenceOf(known.scope, run);
      if (dependsOn) answers.keep(key, run.body, revision, dependsOn);
      return run.body;
    });
  }

  #textOf(variables: AdmittedOperation["variables"]): string {
    let text = this.#texts.get(variables);
    if (text === undefined) {
      text = JSON.stringify(variables);
      this.#texts.set(variables, text);
    }
    return text;
  }

  #knownOf({ document, operation, operationName }: AdmittedOperation): KnownOperation | null {
    const known = this.#known.get(operation);
    if (known === undefined) {
      this.#known.set(operation, operation.operation === "query" ? "seen" : "other");
      return null;
    }
    if (known === "other") return null;
    if (known !== "seen") return known;
    const plan = this.#parts.compiled.planOf(document, operationName ?? "");
    if (!isCompiledQuery(plan)) {
      this.#known.set(operation, "other");
      return null;
    }
    this.#count += 1;
    const { schema, times } = this.#parts;
    const series = times.of(document, operation);
    const made = { id: this.#count.toString(36), plan, series, scope: scopeOf(schema, document, operation) };
    this.#known.set(operation, made);
    return made;
  }

  #sightOf(principal: Principal): string {
    let sight = this.#sights.get(principal);
    if (sight === undefined) {
      sight = sightOf(visibilityOf(principal));
      this.#sights.set(principal, sight);
    }
    return sight;
  }

  /** Null where the answer is none to the question: the server says what is wrong with it. */
  async #run(
    known: KnownOperation,
    { variables }: AdmittedOperation,
    principal: Principal,
    requestId: string,
    startedAtMs: number,
  ) {
    const context = this.#parts.createContext({ requestId, principal });
    const result = (await known.plan.query({}, context, { ...variables })) as ExecutionResult;
    const { data } = result;
    if (!data) return null;
    const errors = result.errors?.length ? result.errors.map((error) => this.#toPublic(error, requestId)) : undefined;
    this.#countPlan.inc();
    known.series[errors ? "errors" : "ok"].since(startedAtMs);
    const body = `${JSON.stringify({ errors, data })}\n`;
    return { body, data, context, hasErrors: errors !== undefined };
  }

  #toPublic(error: GraphQLError, requestId: string) {
    const { logger } = this.#parts;
    const publicError = toPublicError(error, requestId, logger);
    return toPublicFormat(publicError.toJSON(), publicError, logger);
  }
}

function scopeOf(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
): KnownOperation["scope"] {
  const types = new TypeInfo(schema);
  const roots = new Set<string>();
  let isMirrored = true;
  visit(
    document,
    visitWithTypeInfo(types, {
      [Kind.FIELD]: ({ name, selectionSet }) => {
        const parent = types.getParentType()?.name ?? "";
        if (parent === "Query") roots.add(name.value);
        const type = getNamedType(types.getType());
        if (name.value.startsWith("__") && name.value !== "__typename") isMirrored = false;
        if (selectionSet && !mirrored.has(type?.name ?? "")) isMirrored = false;
      },
    }),
  );
  roots.delete("__typename");
  if (!isMirrored || operation.operation !== "query") return null;
  const names = [...roots];
  if (names.every((name) => aboutCustomers.has(name))) return "customers";
  return names.every((name) => aboutCustomers.has(name) || aboutTenant.has(name)) ? "tenant" : null;
}

/** What is not there now may be there a moment later, and then nothing of what was read was written. */
function dependenceOf(
  scope: "customers" | "tenant",
  { data, context }: { data: object; context: RequestContext },
): DependsOn | null {
  if (scope === "tenant" && context.visibility.tenant !== null) {
    return { kind: "tenant", tenant: context.visibility.tenant };
  }
  // The operator's questions for what is not here are put to the provider.
  if (Object.values(data).includes(null)) return null;
  return scope === "tenant" ? { kind: "tenant", tenant: null } : { kind: "customers", ids: context.customersRead };
}

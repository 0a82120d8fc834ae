// Queries, run straight behind admission: the plan and the answer's text, without the server's pipeline around them. Whatever
// is out of the ordinary goes through the server; what it says of a request and what is said here is the same to the byte.

import type { GraphQLSchema, OperationDefinitionNode } from "graphql";
import { type DocumentNode, type GraphQLError, getNamedType, Kind, TypeInfo, visit, visitWithTypeInfo } from "graphql";
import { type Principal, visibilityOf } from "../access/principal.js";
import { type FreshAnswers, sightOf } from "../mirror/fresh-answers.js";
import type { DependsOn } from "../mirror/freshness.js";
import type { RequestContext } from "../resolvers/request-context.js";
import type { Logger } from "../telemetry/logger.js";
import type { Metrics } from "../telemetry/metrics.js";
import type { AdmittedOperation } from "./admission/admission.js";
import type { CompiledGateway } from "./compiled-gateway.js";
import type { CreateContext } from "./create-context.js";
import { tellErrors } from "./operation-span.js";
import type { OperationSeries, OperationTimes } from "./operation-times.js";
import { toPublicError, toPublicFormat } from "./public-error.js";
import { isWhollyUnavailable, serviceUnavailable } from "./service-unavailable.js";

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
  /** What its answers depend on; null where they are not to be kept. */
  scope: "customers" | "tenant" | null;
}

/** A question whose answers are kept, as one of those puts it who see the same. */
interface Question {
  scope: NonNullable<KnownOperation["scope"]>;
  principal: Principal;
  key: string;
  series: OperationSeries;
}

// Fields that read the mirror alone. The first ones say which customer an answer is about, the others list a tenant's.
const aboutCustomers = new Set(["customer", "payout", "payoutByTransaction"]);
const aboutTenant = new Set(["customers", "payouts"]);
/** All that is reached from there, and nothing that is not written where revisions are counted. */
const mirrored = new Set(
  `Query Customer CustomerConnection CustomerEdge Document Payout PayoutConnection PayoutEdge PageInfo Money PayoutRecipient
InteracInstruction PayoutMismatch StatusChange CustomerStatusChange DocumentStatusChange PayoutStatusChange`.split(
    /\s+/,
  ),
);

export class KnownOperations {
  readonly #parts: KnownOperationParts;
  readonly #known = new WeakMap<OperationDefinitionNode, KnownOperation>();
  readonly #sights = new WeakMap<Principal, string>();
  /** As it was put last: mostly the same callers ask the same. */
  readonly #questions = new WeakMap<AdmittedOperation, Question>();
  #count = 0;

  constructor(parts: KnownOperationParts) {
    this.#parts = parts;
  }

  /** The answer's body, or null where the server is to answer. */
  answer(
    admitted: AdmittedOperation,
    principal: Principal,
    requestId: string,
    /** It came before and may come again: its answer is worth keeping. */
    isKept = true,
  ): Given | Promise<Given> {
    const { answers } = this.#parts;
    if (admitted.operation.operation !== "query") return null;
    const startedAtMs = performance.now();
    const atOnce = answers.catchUpAtOnce();
    // For the first time it is made of what is held. Where the look at what is fresh takes a query, it serves for more.
    const question = isKept || atOnce === null ? this.#questionOf(admitted, principal) : null;
    if (!question) {
      return this.#run(admitted, principal, requestId, atOnce, startedAtMs).then((run) => run?.body ?? null);
    }
    const looked = atOnce ?? answers.catchUp();
    return typeof looked === "number"
      ? this.#answerAt(looked, question, admitted, requestId, startedAtMs)
      : looked.then((revision) => this.#answerAt(revision, question, admitted, requestId, startedAtMs));
  }

  #answerAt(
    revision: number,
    { scope, principal, key, series }: Question,
    admitted: AdmittedOperation,
    requestId: string,
    startedAtMs: number,
  ): Given | Promise<Given> {
    const { answers, metrics } = this.#parts;
    const kept = answers.find(key);
    if (kept !== undefined) {
      metrics.queries.kept += 1;
      series.ok.since(startedAtMs);
      return kept;
    }
    return this.#run(admitted, principal, requestId, revision, startedAtMs).then((run) => {
      if (!run) return null;
      const { body, data, context, hasErrors } = run;
      const dependsOn = data && !hasErrors ? dependenceOf(scope, data, context) : null;
      if (dependsOn) answers.keep(key, body, revision, dependsOn);
      return body;
    });
  }

  /** Null where no answers are kept. Most of what comes once comes once only: nothing is learnt of it. */
  #questionOf(admitted: AdmittedOperation, principal: Principal): Question | null {
    const last = this.#questions.get(admitted);
    if (last?.principal === principal) return last;
    const { compiled, times } = this.#parts;
    if (!compiled.isMet(admitted)) return null;
    const { id, scope } = this.#knownOf(admitted);
    if (scope === null) return null;
    const key = `${id} ${this.#sightOf(principal)} ${JSON.stringify(admitted.variables)}`;
    const question = { scope, principal, key, series: times.of(admitted.document, admitted.operation) };
    this.#questions.set(admitted, question);
    return question;
  }

  #knownOf({ document, operation }: AdmittedOperation): KnownOperation {
    let known = this.#known.get(operation);
    if (!known) {
      this.#count += 1;
      known = { id: this.#count.toString(36), scope: scopeOf(this.#parts.schema, document, operation) };
      this.#known.set(operation, known);
    }
    return known;
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
    admitted: AdmittedOperation,
    principal: Principal,
    requestId: string,
    revision: number | null,
    startedAtMs: number,
  ) {
    const { createContext, compiled, metrics, times } = this.#parts;
    const context = createContext({ requestId, principal, revision });
    const result = await compiled.run(admitted, context, admitted.variables);
    const { data } = result;
    if (data === undefined) return null;
    const errors = result.errors?.length ? result.errors.map((error) => this.#toPublic(error, requestId)) : undefined;
    if (errors) tellErrors(errors);
    metrics.queries.plan += 1;
    times.of(admitted.document, admitted.operation)[errors ? "errors" : "ok"].since(startedAtMs);
    if (errors && isWhollyUnavailable({ data, errors })) throw serviceUnavailable();
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
function dependenceOf(scope: "customers" | "tenant", data: object, context: RequestContext): DependsOn | null {
  if (scope === "tenant" && context.visibility.tenant !== null) {
    return { kind: "tenant", tenant: context.visibility.tenant };
  }
  // The operator's questions for what is not here are put to the provider.
  if (Object.values(data).includes(null)) return null;
  return scope === "tenant" ? { kind: "tenant", tenant: null } : { kind: "customers", ids: context.customersRead };
}

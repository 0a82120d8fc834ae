// Not the provider's: how a test steers the simulation from outside its process.
import { randomUUID } from "node:crypto";
import type { FastifyInstance } from "fastify";
import { FieldErrors, refused } from "./api-error.js";
import type { ById } from "./customer.routes.js";
import type { CustomerReview } from "./customer-review.js";
import type { CustomerStatus } from "./customers.js";
import type { FaultMoment, FaultScript, SandboxFault } from "./faults.js";
import type { MixedShapes } from "./mixed-shapes.js";
import type { PayoutProgress } from "./payout-progress.js";
import type { PayoutStatus, Payouts } from "./payouts.js";
import { isPresignedHeaderShape, type PresignedHeaderShape } from "./presigned-headers.js";
import type { ReadSide } from "./read-side.js";
import { type Fields, fieldOf, idOf, requiredTextOf, toFields } from "./request-fields.js";
import type { WebhookOutbox } from "./webhook-outbox.js";
import type { WebhookRegistration } from "./webhook-registration.js";

const customerStatuses = ["PENDING", "PROCESSING", "VERIFIED", "REJECTED"];
const payoutStatuses = ["PENDING", "PROCESSING", "SUCCESSFUL", "FAILED"];

export interface ControlParts {
  faults: FaultScript;
  review: CustomerReview;
  progress: PayoutProgress;
  payouts: Payouts;
  outbox: WebhookOutbox;
  registration: WebhookRegistration;
  setPresignedHeaders: (shape: PresignedHeaderShape) => void;
  reads: ReadSide;
  shapes: MixedShapes;
}

export function registerControlRoutes(app: FastifyInstance, parts: ControlParts): void {
  const { faults, review, progress, payouts, outbox, registration, reads, shapes } = parts;
  app.post("/_sandbox/faults", async (request, reply) => {
    faults.add(readFault(toFields(request.body)));
    return reply.code(201).send({ message: "Fault added" });
  });

  app.delete("/_sandbox/faults", async () => {
    faults.clear();
    return { message: "Faults removed" };
  });

  app.post<ById>("/_sandbox/customers/:id/status", async (request) => {
    const body = toFields(request.body);
    const comment = fieldOf(body, "comment");
    const status = readStatus(body, customerStatuses) as CustomerStatus;
    review.conclude(request.params.id, status, typeof comment === "string" ? comment : null);
    return { message: "Customer moved" };
  });

  app.post<ById>("/_sandbox/transactions/:id/status", async (request) => {
    const status = readStatus(toFields(request.body), payoutStatuses) as PayoutStatus;
    const payout = payouts.findByAnyKey(request.params.id);
    if (payout === undefined) throw refused(404, "Transaction not found");
    progress.conclude(payout.id, status);
    return { message: "Transaction moved" };
  });

  app.post("/_sandbox/webhooks", async (request) => {
    const fields = toFields(request.body);
    const target = fieldOf(fields, "target") === "collection" ? "collection" : "payout";
    const body = toFields(fieldOf(fields, "body"));
    if (registration.urlOf(target) === undefined) throw refused(404, "No webhook URLs configured");
    const word = (name: string) => (typeof body[name] === "string" ? body[name] : null);
    const transactionId = word("transaction_id");
    const subject = transactionId ?? word("customer_id") ?? randomUUID();
    const type = word("type") ?? word("event_type") ?? word("event") ?? "unknown";
    outbox.announce({ subject, target, type, transactionId, body });
    return { message: "Webhook sent" };
  });

  app.post("/_sandbox/presigned-headers", async (request) => {
    const errors = new FieldErrors();
    const shape = requiredTextOf(toFields(request.body), "shape", errors);
    if (isPresignedHeaderShape(shape)) parts.setPresignedHeaders(shape);
    else if (shape !== "") errors.selected("shape");
    errors.throwIfAny();
    return { message: "Shape set" };
  });

  app.post("/_sandbox/reads", async (request) => {
    const body = toFields(request.body);
    const [lagMs, hiddenMs] = [readMs(body, "lag_ms"), readMs(body, "hidden_ms")];
    reads.delay({ ...(lagMs === undefined ? {} : { lagMs }), ...(hiddenMs === undefined ? {} : { hiddenMs }) });
    return { message: "Reads delayed" };
  });

  app.post("/_sandbox/shapes", async (request) => {
    const body = toFields(request.body);
    shapes.mix(fieldOf(body, "mixed") === true ? (readMs(body, "seed") ?? 1) : null);
    return { message: "Shapes set" };
  });

  app.post("/_sandbox/clock", async (request) => {
    const seconds = Number(idOf(toFields(request.body), "seconds"));
    const errors = new FieldErrors();
    if (!Number.isSafeInteger(seconds) || seconds < 0) errors.format("seconds");
    errors.throwIfAny();
    outbox.advance(seconds * 1000);
    return { message: "Time has passed" };
  });
}

function readMs(body: Fields, name: string): number | undefined {
  const given = idOf(body, name);
  if (given === undefined) return undefined;
  const errors = new FieldErrors();
  const value = Number(given);
  if (!Number.isSafeInteger(value) || value < 0) errors.format(name);
  errors.throwIfAny();
  return value;
}

function readStatus(body: Fields, known: string[]): string {
  const errors = new FieldErrors();
  const status = requiredTextOf(body, "status", errors);
  if (status !== "" && !known.includes(status)) errors.selected("status");
  errors.throwIfAny();
  return status;
}

function readFault(body: Fields): SandboxFault {
  const errors = new FieldErrors();
  const route = requiredTextOf(body, "route", errors);
  const kind = requiredTextOf(body, "kind", errors);
  const when: FaultMoment = fieldOf(body, "when") === "after" ? "after" : "before";
  const number = (name: string, otherwise: number) => {
    const value = Number(idOf(body, name) ?? otherwise);
    if (!Number.isSafeInteger(value) || value < 0) errors.format(name);
    return value;
  };
  const containing = fieldOf(body, "containing");
  const target = { route, times: number("times", 1), ...(typeof containing === "string" ? { containing } : {}) };
  const status = number("status", 500);
  if (status < 200 || status > 599) errors.format("status");
  const delayMs = number("delay_ms", 1000);
  const headers = Object.fromEntries(
    Object.entries(toFields(fieldOf(body, "headers"))).map(([name, value]) => [name, String(value)]),
  );
  if (!isKind(kind)) errors.selected("kind");
  errors.throwIfAny();
  if (kind === "alter") return { ...target, kind, patch: fieldOf(body, "patch") ?? {} };
  if (kind === "cut") return { ...target, kind };
  if (kind === "endless") return { ...target, kind, when, status: number("status", 200) };
  if (kind === "answer") return { ...target, kind, when, status, body: fieldOf(body, "body"), headers };
  if (kind === "delay") return { ...target, kind, delayMs };
  return { ...target, kind: kind === "reset" ? "reset" : "hang", when };
}

function isKind(word: string): word is SandboxFault["kind"] {
  return ["answer", "reset", "hang", "delay", "endless", "cut", "alter"].includes(word);
}

// From a whole HTTP answer to its JSON, or to the error that it means.

import { parse } from "lossless-json";
import type { z } from "zod";
import type { HttpAnswer } from "./http-exchange.js";
import { ProviderError, type ProviderErrorKind } from "./provider-error.js";
import { toRateLimitPause, toRetryAfterSeconds } from "./retry-after.js";

/** Every number in the result is a LosslessNumber. */
export function toJson(label: string, answer: HttpAnswer): unknown {
  if (answer.status < 200 || answer.status > 299) throw toRefusal(label, answer);
  const json = parseOrUndefined(answer.text);
  if (json === undefined) throw garbled(label, "the answer is not JSON", answer.status);
  return json;
}

/** A refusal's text goes to callers: what it repeats of our secrets is cut out of it first. */
export function withoutSecrets(answer: HttpAnswer, secrets: readonly string[]): HttpAnswer {
  if (answer.status < 400 || answer.text === null) return answer;
  const text = secrets
    .filter((secret) => secret !== "")
    .reduce((rest, secret) => rest.replaceAll(secret, "******"), answer.text);
  return { ...answer, text };
}

/** Checks an answer's shape. The faults' places are named, their values are not. */
export function readAs<Schema extends z.ZodType>(label: string, schema: Schema, answer: unknown): z.output<Schema> {
  const result = schema.safeParse(answer);
  if (result.success) return result.data;
  const places = [...new Set(result.error.issues.map((issue) => issue.path.map(String).join(".") || "the whole"))];
  throw garbled(label, `the answer has another shape than agreed (${places.slice(0, 5).join(", ")})`);
}

export function garbled(label: string, fault: string, httpStatus?: number): ProviderError {
  const status = httpStatus === undefined ? {} : { httpStatus };
  return new ProviderError("GARBLED", `${label}: ${fault}.`, { outcome: "UNKNOWN", ...status });
}

/**
 * What a status other than 2xx proves. Only the provider's own JSON, a whole object with a text `message`, speaks for the
 * provider: a proxy's page under the same status says nothing of what was done behind it.
 */
export function toRefusal(label: string, answer: HttpAnswer): ProviderError {
  const { status, headers } = answer;
  const body = parseOrUndefined(answer.text);
  const kind = toKind(status, isOwnJson(body));
  const isProvenUndone = !unproven.includes(kind);
  const retryAfterSeconds = status === 429 ? toRateLimitPause(headers) : toRetryAfterSeconds(headers);
  const isWorthWaiting = kind === "RATE_LIMITED" || kind === "UNAVAILABLE";
  return new ProviderError(kind, `${label}: ${sentences[kind]} (HTTP ${status}).`, {
    outcome: isProvenUndone ? "NOT_DONE" : "UNKNOWN",
    httpStatus: status,
    providerMessage: toProviderMessage(body),
    fieldErrors: toFieldErrors(body),
    ...(retryAfterSeconds !== undefined && isWorthWaiting ? { retryAfterSeconds } : {}),
  });
}

const sentences: Record<ProviderErrorKind, string> = {
  REFUSED: "the provider rejected the request",
  NOT_FOUND: "the provider knows nothing by that name",
  CONFLICT: "the provider reports a conflict with another request",
  OTHER_REJECTION: "the provider rejected the request",
  UNAUTHENTICATED: "the provider does not accept the gateway's credential",
  FORBIDDEN: "the provider forbids this to the gateway's account",
  RATE_LIMITED: "the provider's rate limit is used up",
  UNAVAILABLE: "the provider is not available",
  GARBLED: "the answer cannot be read",
};

const unproven: readonly ProviderErrorKind[] = ["UNAVAILABLE", "GARBLED", "CONFLICT"];

function toKind(status: number, isProvidersOwnAnswer: boolean): ProviderErrorKind {
  if (status === 409 || status === 423 || status === 425) return "CONFLICT";
  if (status < 400 || status > 499 || !isProvidersOwnAnswer) return "UNAVAILABLE";
  return ownKinds.get(status) ?? "OTHER_REJECTION";
}

const ownKinds: ReadonlyMap<number, ProviderErrorKind> = new Map([
  [400, "REFUSED"],
  [401, "UNAUTHENTICATED"],
  [403, "FORBIDDEN"],
  [404, "NOT_FOUND"],
  [422, "REFUSED"],
  [429, "RATE_LIMITED"],
]);

/** Whether the provider itself answered, and not a proxy in front of it. */
export function isOwnAnswer({ text }: HttpAnswer): boolean {
  return isOwnJson(parseOrUndefined(text));
}

/** A whole JSON object with a text `message`. */
function isOwnJson(body: unknown): boolean {
  return isRecord(body) && typeof body.message === "string";
}

const maxMessageLength = 500;

function toProviderMessage(body: unknown): string | null {
  if (!isRecord(body)) return null;
  const text = [body.message, body.error_description, body.error].find((value) => typeof value === "string");
  return typeof text === "string" && text !== "" ? text.slice(0, maxMessageLength) : null;
}

function toFieldErrors(body: unknown): Record<string, string[]> {
  if (!isRecord(body) || !isRecord(body.errors)) return {};
  const entries = Object.entries(body.errors).map(([field, value]) => [field, toTexts(value)] as const);
  return Object.fromEntries(entries.filter(([, texts]) => texts.length > 0));
}

function toTexts(value: unknown): string[] {
  const texts = Array.isArray(value) ? value : [value];
  return texts.filter((text) => typeof text === "string").map((text) => text.slice(0, maxMessageLength));
}

function parseOrUndefined(text: string | null): unknown {
  if (text === null || text.trim() === "") return undefined;
  try {
    return parse(text);
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

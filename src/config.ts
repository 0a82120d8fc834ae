// The only reader of the environment. Every mistake is named at once, with the variable's name.

import { dirname, join } from "node:path";
import type { z } from "zod";
import { fileOf, withoutUnmadeFile } from "./config-files.js";
import { type Limits, limitsOf } from "./config-limits.js";
import { ConfigError, type Environment, exampleOf, type Parsed, parse } from "./config-mistakes.js";
import { aloneSchema, gatewaySchema } from "./config-names.js";
import { unknownNames } from "./config-unknown.js";

export { ConfigError } from "./config-mistakes.js";
export { neededScope } from "./config-names.js";

/** OAuth client credentials, or the older key. */
export type ProviderCredentials = { clientId: string; clientSecret: string } | { apiKey: string };

export interface Config {
  host: string;
  port: number;
  /** Null: metrics are served where everything else is. */
  metricsPort: number | null;
  /** Where the provider reaches the webhooks. */
  publicUrl: string;
  /** Null: the sandbox is the provider. */
  provider: { url: string; credentials: ProviderCredentials } | null;
  /** Space-separated: what the gateway asks its token to allow. */
  providerScope: string;
  providerTimeoutMs: number;
  /** The account's limits, for all nodes together, e.g. 100/1m,1500/1h. */
  providerRateLimit: string;
  /** What nodes share; null: this process is alone. */
  redisUrl: string | null;
  /** Host suffixes that a pre-signed URL may have; null: any public host. */
  storageHosts: string[] | null;
  /** How often open payouts and customers in review are looked up; null turns it off. */
  reconcileMs: number | null;
  /** How long a payout may wait to be sent. */
  payoutSendWithinMs: number;
  /** How many days each kind of record is kept; null: for ever. */
  retention: RetentionConfig;
  sandbox: SandboxConfig;
  /** Several while a secret is rotated; empty in the sandbox, which brings its own. */
  webhookSecrets: string[];
  /** Where they come from, if from a file. */
  webhookSecretFile: string | null;
  webhookToleranceSeconds: number;
  databaseUrl: string;
  auth: AuthConfig;
  /** Who may see the schema: introspection, suggestions, and, where it is everyone, the explorer. */
  introspection: "everyone" | "operator" | "nobody";
  uploadMaxBytes: number;
  limits: Limits;
  /** Whose pages may call from a browser, besides the gateway's own. */
  corsOrigins: string[];
  /** Null: any operation is taken. */
  trustedDocuments: { file: string; mode: "enforce" | "log" } | null;
  /** Null: nothing is traced. */
  traces: TracesConfig | null;
  shutdownTimeoutMs: number;
  shutdownNoticeMs: number;
  /** The named instruction at which a test kills the process; null outside of such tests. */
  crashAt: string | null;
  logLevel: string;
  isTerminal: boolean;
  /** What is no mistake and hardly meant; to be logged. */
  warnings: string[];
}

export interface TracesConfig {
  /** Path included. */
  url: string;
  headers: Record<string, string>;
  serviceName: string;
  ratio: number;
}

export interface AuthConfig {
  /** Everyone is the operator. */
  isDisabled: boolean;
  /** Null: only API keys are taken. */
  tokens: { jwksUrl: string; issuer: string; audience: string; algorithms: string[] } | null;
}

export interface RetentionConfig {
  statusLogDays: number | null;
  inboxDays: number | null;
  auditDays: number | null;
}

export interface SandboxConfig {
  host: string;
  port: number;
  stateFile: string;
  webhookUrl: string;
  clientId?: string;
  clientSecret?: string;
  apiKey?: string;
  signingSecret?: string;
  reviewDelayMs?: number;
  payoutStepDelayMs?: number;
}

/** What a command can do without; a gateway that serves cannot. */
export interface Needs {
  /** False for the command that brings it. */
  isSigningSecretNeeded?: boolean;
}

export function readConfig(
  environment: Environment = process.env,
  { isSigningSecretNeeded = true }: Needs = {},
): Config {
  const parsed = parse(
    gatewaySchema,
    isSigningSecretNeeded ? environment : withoutUnmadeFile("WEBHOOK_SIGNING_SECRET", environment),
  );
  const { read } = parsed;
  const mistakes = [...parsed.mistakes, ...conflictsOf(parsed, environment, isSigningSecretNeeded)];
  if (mistakes.length > 0) throw new ConfigError(mistakes);
  const publicUrl = read.PUBLIC_URL ?? `http://${inUrl(read.HOST)}:${read.PORT}`;
  return Object.freeze({
    host: read.HOST,
    port: read.PORT,
    metricsPort: read.METRICS_PORT ?? null,
    publicUrl,
    provider: read.PROVIDER_URL ? { url: read.PROVIDER_URL, credentials: credentialsOf(read) } : null,
    providerScope: read.PROVIDER_SCOPE,
    providerTimeoutMs: read.PROVIDER_TIMEOUT_MS,
    providerRateLimit: read.PROVIDER_RATE_LIMIT,
    redisUrl: read.REDIS_URL ?? null,
    storageHosts: read.PROVIDER_STORAGE_HOSTS ?? null,
    payoutSendWithinMs: read.PAYOUT_SEND_WITHIN_HOURS * 3_600_000,
    reconcileMs: read.RECONCILE_SECONDS > 0 ? read.RECONCILE_SECONDS * 1000 : null,
    retention: {
      statusLogDays: read.RETENTION_STATUS_LOG_DAYS || null,
      inboxDays: read.RETENTION_INBOX_DAYS || null,
      auditDays: read.RETENTION_AUDIT_DAYS || null,
    },
    sandbox: {
      ...sandboxConfigOf(read),
      host: "127.0.0.1",
      stateFile: besideDatabase(read.DATABASE_URL),
      webhookUrl: `${publicUrl}/webhooks`,
    },
    webhookSecrets: read.WEBHOOK_SIGNING_SECRET,
    webhookSecretFile: fileOf("WEBHOOK_SIGNING_SECRET", environment),
    webhookToleranceSeconds: read.WEBHOOK_TOLERANCE_SECONDS,
    databaseUrl: read.DATABASE_URL,
    auth: authOf(read),
    introspection: introspectionOf(read.INTROSPECTION, environment),
    uploadMaxBytes: read.UPLOAD_MAX_BYTES,
    limits: limitsOf(read),
    corsOrigins: read.CORS_ORIGINS,
    trustedDocuments: read.TRUSTED_DOCUMENTS
      ? { file: read.TRUSTED_DOCUMENTS, mode: read.TRUSTED_DOCUMENTS_MODE }
      : null,
    traces: tracesOf(read),
    shutdownTimeoutMs: read.SHUTDOWN_TIMEOUT_MS,
    shutdownNoticeMs: read.SHUTDOWN_NOTICE_MS,
    crashAt: read.TEST_CRASH_AT ?? null,
    logLevel: read.LOG_LEVEL,
    isTerminal: process.stdout.isTTY ?? false,
    warnings: unknownNames(environment),
  });
}

/** The settings of a sandbox that runs by itself. */
export function readSandboxConfig(environment: Environment = process.env): SandboxConfig {
  const { read, mistakes } = parse(aloneSchema, environment);
  if (mistakes.length > 0) throw new ConfigError(mistakes);
  return {
    ...sandboxConfigOf(read),
    host: read.HOST,
    stateFile: read.SANDBOX_STATE_FILE,
    webhookUrl: read.SANDBOX_WEBHOOK_URL,
  };
}

/** What does not go together. Of a variable that is at fault by itself, nothing more is said. */
function conflictsOf(
  { read, faulty }: Parsed<z.output<typeof gatewaySchema>>,
  environment: Environment,
  isSigningSecretNeeded: boolean,
): string[] {
  const mistakes: string[] = [];
  const isProduction = environment.NODE_ENV === "production";
  const isLoopback = ["127.0.0.1", "::1", "localhost"].includes(read.HOST);
  // One that cannot be used was meant all the same.
  const isProvider = read.PROVIDER_URL !== undefined || faulty.has("PROVIDER_URL");
  if (read.AUTH_DISABLED && !isLoopback) {
    mistakes.push("AUTH_DISABLED: can be true only where HOST is a loopback address, e.g. AUTH_DISABLED=false");
  }
  if (read.AUTH_DISABLED && isProduction) {
    mistakes.push("AUTH_DISABLED: cannot be true where NODE_ENV is production, e.g. AUTH_DISABLED=false");
  }
  if (read.AUTH_DISABLED && read.AUTH_JWKS_URL) {
    mistakes.push("AUTH_DISABLED: cannot be true together with AUTH_JWKS_URL, e.g. AUTH_DISABLED=false");
  }
  if (read.AUTH_JWKS_URL) {
    for (const name of ["AUTH_ISSUER", "AUTH_AUDIENCE"] as const) {
      const example = exampleOf(gatewaySchema.shape[name]);
      if (!read[name]) mistakes.push(`${name}: needed with AUTH_JWKS_URL, e.g. ${name}=${example}`);
    }
  } else if (read.AUTH_DISABLED === undefined && (isProvider || !isLoopback || isProduction)) {
    mistakes.push(
      "AUTH_JWKS_URL, AUTH_ISSUER and AUTH_AUDIENCE (or AUTH_DISABLED=false, for API keys alone): needed with PROVIDER_URL, in production, and on any HOST but loopback, e.g. AUTH_DISABLED=false",
    );
  }
  if (read.SHUTDOWN_NOTICE_MS > read.SHUTDOWN_TIMEOUT_MS / 2) {
    mistakes.push("SHUTDOWN_NOTICE_MS: at most half of SHUTDOWN_TIMEOUT_MS, or nothing is left to finish in");
  }
  if (read.TEST_CRASH_AT && isProduction) {
    mistakes.push("TEST_CRASH_AT: cannot be used where NODE_ENV is production");
  }
  if (isProvider && !read.PROVIDER_API_KEY && !(read.PROVIDER_CLIENT_ID && read.PROVIDER_CLIENT_SECRET)) {
    mistakes.push(
      "PROVIDER_CLIENT_ID and PROVIDER_CLIENT_SECRET (or PROVIDER_API_KEY): needed with PROVIDER_URL, e.g. PROVIDER_CLIENT_SECRET_FILE=/run/secrets/provider_client_secret",
    );
  }
  if (isProvider && isSigningSecretNeeded && read.WEBHOOK_SIGNING_SECRET.length === 0) {
    mistakes.push(
      "WEBHOOK_SIGNING_SECRET: needed with PROVIDER_URL; the provider shows it to `payout-gateway webhooks register`, e.g. WEBHOOK_SIGNING_SECRET_FILE=/run/secrets/webhook_signing_secret",
    );
  }
  return mistakes.filter((mistake) => {
    const [subject = ""] = mistake.split(":");
    return ![...faulty].some((name) => subject.split(/[ ,()=]/).includes(name));
  });
}

function authOf(read: z.output<typeof gatewaySchema>): AuthConfig {
  const { AUTH_JWKS_URL: jwksUrl, AUTH_ISSUER: issuer = "", AUTH_AUDIENCE: audience = "" } = read;
  const tokens = jwksUrl ? { jwksUrl, issuer, audience, algorithms: read.AUTH_ALGORITHMS } : null;
  return { tokens, isDisabled: read.AUTH_DISABLED ?? tokens === null };
}

function tracesOf(read: z.output<typeof gatewaySchema>): TracesConfig | null {
  const { OTEL_EXPORTER_OTLP_ENDPOINT: base, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: exact } = read;
  const url = exact ?? (base && `${base}/v1/traces`);
  if (!url) return null;
  const { OTEL_EXPORTER_OTLP_HEADERS: headers, OTEL_SERVICE_NAME: serviceName, OTEL_TRACES_SAMPLER_ARG: ratio } = read;
  return { url, headers, serviceName, ratio };
}

function introspectionOf(isOn: boolean | undefined, environment: Environment): Config["introspection"] {
  if (isOn === undefined) return environment.NODE_ENV === "production" ? "operator" : "everyone";
  return isOn ? "everyone" : "nobody";
}

function credentialsOf(read: z.output<typeof gatewaySchema>): ProviderCredentials {
  const { PROVIDER_CLIENT_ID: clientId, PROVIDER_CLIENT_SECRET: clientSecret, PROVIDER_API_KEY: apiKey = "" } = read;
  return clientId && clientSecret ? { clientId, clientSecret } : { apiKey };
}

type SandboxNames = Omit<z.output<typeof aloneSchema>, "SANDBOX_STATE_FILE" | "SANDBOX_WEBHOOK_URL">;

function sandboxConfigOf(read: SandboxNames): Omit<SandboxConfig, "host" | "stateFile" | "webhookUrl"> {
  const optional = {
    clientId: read.SANDBOX_CLIENT_ID,
    clientSecret: read.SANDBOX_CLIENT_SECRET,
    apiKey: read.SANDBOX_API_KEY,
    signingSecret: read.SANDBOX_SIGNING_SECRET,
    reviewDelayMs: read.SANDBOX_REVIEW_MS,
    payoutStepDelayMs: read.SANDBOX_STEP_MS,
  };
  const given = Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined));
  return { port: read.SANDBOX_PORT, ...given };
}

/** As a URL has it. */
export function inUrl(host: string): string {
  return host.includes(":") ? `[${host}]` : host;
}

function besideDatabase(databaseUrl: string): string {
  if (databaseUrl === "sqlite::memory:") return ":memory:";
  const folder = databaseUrl.startsWith("sqlite:") ? dirname(databaseUrl.slice("sqlite:".length)) : "data";
  return join(folder, "sandbox.db");
}

// The only reader of the environment. Every mistake is named at once, with the variable's name.

import { dirname, join } from "node:path";
import { z } from "zod";
import { fileOf, withFileValues, withoutUnmadeFile } from "./config-files.js";
import { type Limits, limitNames, limitsOf } from "./config-limits.js";

/** OAuth client credentials, or the older key. */
export type ProviderCredentials = { clientId: string; clientSecret: string } | { apiKey: string };

export interface Config {
  host: string;
  port: number;
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
  shutdownTimeoutMs: number;
  /** The named instruction at which a test kills the process; null outside of such tests. */
  crashAt: string | null;
  logLevel: string;
  isTerminal: boolean;
}

export interface AuthConfig {
  /** Everyone is the operator. */
  isDisabled: boolean;
  /** Null: only API keys are taken. */
  tokens: { jwksUrl: string; issuer: string; audience: string; algorithms: string[] } | null;
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

/** The configuration cannot be used; `mistakes` has a line for each variable at fault. */
export class ConfigError extends Error {
  constructor(readonly mistakes: readonly string[]) {
    super(`The configuration cannot be used:\n${mistakes.map((mistake) => `  ${mistake}`).join("\n")}`);
    this.name = "ConfigError";
  }
}

type Environment = Readonly<Record<string, string | undefined>>;

// Each scope that a call of the gateway needs, and no more.
export const neededScope = [
  "customer:read customer:write file:upload payout:create transaction:read wallet:read currency:read bank:read",
  "fees:read rates:read webhook:read webhook:write webhook:replay",
].join(" ");

const whole = (minimum: number, maximum: number) =>
  z.string().regex(/^\d+$/, "must be a whole number").transform(Number).pipe(z.number().min(minimum).max(maximum));
const flag = z.enum(["true", "false"], "must be true or false").transform((text) => text === "true");
const httpUrl = z
  .url({ protocol: /^https?$/, error: "must be an http or https URL" })
  .transform((url) => url.replace(/\/+$/, ""));
const origin = httpUrl.refine(
  (url) => URL.canParse(url) && new URL(url).origin === url,
  "must be origins, e.g. https://app.example.com",
);
const list = z.string().transform((text) =>
  text
    // By lines, too, as in a file.
    .split(/[,\n]/)
    .map((item) => item.trim())
    .filter((item) => item !== ""),
);

// Signatures only: a secret that both sides share would let whoever checks a token make one.
const algorithms = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"] as const;

const port = whole(0, 65_535);
const commonNames = { HOST: z.string().default("127.0.0.1"), SANDBOX_PORT: port.default(4010) };
const sandboxNames = {
  SANDBOX_CLIENT_ID: z.string().optional(),
  SANDBOX_CLIENT_SECRET: z.string().optional(),
  SANDBOX_API_KEY: z.string().optional(),
  SANDBOX_SIGNING_SECRET: z.string().optional(),
  SANDBOX_REVIEW_MS: whole(0, 86_400_000).optional(),
  SANDBOX_STEP_MS: whole(0, 86_400_000).optional(),
};

const gatewaySchema = z.object({
  ...commonNames,
  ...sandboxNames,
  ...limitNames,
  PORT: port.default(4000),
  PUBLIC_URL: httpUrl.optional(),
  PROVIDER_URL: httpUrl.optional(),
  PROVIDER_CLIENT_ID: z.string().optional(),
  PROVIDER_CLIENT_SECRET: z.string().optional(),
  PROVIDER_SCOPE: z.string().default(neededScope),
  PROVIDER_API_KEY: z.string().optional(),
  PROVIDER_TIMEOUT_MS: whole(100, 600_000).default(30_000),
  PROVIDER_RATE_LIMIT: z
    .string()
    .regex(
      /^[1-9]\d{0,8}\/[1-9]\d{0,3}[smhd](,[1-9]\d{0,8}\/[1-9]\d{0,3}[smhd])*$/,
      "must be calls per window, e.g. 100/1m,1500/1h",
    )
    .default("100/1m,1500/1h"),
  PROVIDER_STORAGE_HOSTS: list.optional(),
  WEBHOOK_SIGNING_SECRET: list.default([]),
  WEBHOOK_TOLERANCE_SECONDS: whole(1, 86_400).default(300),
  DATABASE_URL: z
    .string()
    .regex(/^(sqlite:.+|postgres(ql)?:\/\/.+)$/, "must be sqlite:PATH, sqlite::memory: or postgres://…")
    .default("sqlite:data/gateway.db"),
  REDIS_URL: z
    .string()
    .regex(/^rediss?:\/\/.+$/, "must be redis://… or rediss://…")
    .optional(),
  AUTH_JWKS_URL: httpUrl.optional(),
  AUTH_ISSUER: z.string().optional(),
  AUTH_AUDIENCE: z.string().optional(),
  AUTH_ALGORITHMS: list
    .pipe(z.array(z.enum(algorithms, `must be some of ${algorithms.join(", ")}`)).min(1))
    .default(["RS256", "PS256", "ES256", "EdDSA"]),
  AUTH_DISABLED: flag.optional(),
  INTROSPECTION: flag.optional(),
  UPLOAD_MAX_BYTES: whole(1, 25_000_000).default(10_485_760),
  CORS_ORIGINS: list.pipe(z.array(origin)).default([]),
  TRUSTED_DOCUMENTS: z.string().optional(),
  TRUSTED_DOCUMENTS_MODE: z.enum(["enforce", "log"], "must be enforce or log").default("enforce"),
  SHUTDOWN_TIMEOUT_MS: whole(100, 600_000).default(10_000),
  TEST_CRASH_AT: z.string().optional(),
  RECONCILE_SECONDS: whole(0, 86_400).default(60),
  LOG_LEVEL: z.enum(["trace", "debug", "info", "warn", "error", "silent"]).default("info"),
});

const aloneSchema = z.object({
  ...commonNames,
  ...sandboxNames,
  SANDBOX_STATE_FILE: z.string().default("data/sandbox.db"),
  SANDBOX_WEBHOOK_URL: httpUrl.default("http://127.0.0.1:4000/webhooks"),
});

/** What a command can do without; a gateway that serves cannot. */
export interface Needs {
  /** False for the command that brings it. */
  isSigningSecretNeeded?: boolean;
}

export function readConfig(
  environment: Environment = process.env,
  { isSigningSecretNeeded = true }: Needs = {},
): Config {
  const read = parse(
    gatewaySchema,
    isSigningSecretNeeded ? environment : withoutUnmadeFile("WEBHOOK_SIGNING_SECRET", environment),
  );
  const mistakes = conflictsOf(read, environment, isSigningSecretNeeded);
  if (mistakes.length > 0) throw new ConfigError(mistakes);
  const publicUrl = read.PUBLIC_URL ?? `http://${inUrl(read.HOST)}:${read.PORT}`;
  return Object.freeze({
    host: read.HOST,
    port: read.PORT,
    publicUrl,
    provider: read.PROVIDER_URL ? { url: read.PROVIDER_URL, credentials: credentialsOf(read) } : null,
    providerScope: read.PROVIDER_SCOPE,
    providerTimeoutMs: read.PROVIDER_TIMEOUT_MS,
    providerRateLimit: read.PROVIDER_RATE_LIMIT,
    redisUrl: read.REDIS_URL ?? null,
    storageHosts: read.PROVIDER_STORAGE_HOSTS ?? null,
    reconcileMs: read.RECONCILE_SECONDS > 0 ? read.RECONCILE_SECONDS * 1000 : null,
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
    shutdownTimeoutMs: read.SHUTDOWN_TIMEOUT_MS,
    crashAt: read.TEST_CRASH_AT ?? null,
    logLevel: read.LOG_LEVEL,
    isTerminal: process.stdout.isTTY ?? false,
  });
}

/** The settings of a sandbox that runs by itself. */
export function readSandboxConfig(environment: Environment = process.env): SandboxConfig {
  const read = parse(aloneSchema, environment);
  return {
    ...sandboxConfigOf(read),
    host: read.HOST,
    stateFile: read.SANDBOX_STATE_FILE,
    webhookUrl: read.SANDBOX_WEBHOOK_URL,
  };
}

function parse<S extends z.ZodType>(schema: S, environment: Environment): z.output<S> {
  // An empty variable is one that is not set: that is how compose files and shells pass them on.
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ""));
  const { values, mistakes } = withFileValues(given);
  const result = schema.safeParse(values);
  if (result.success && mistakes.length === 0) return result.data;
  const faults = result.error?.issues.map(({ path, message }) => `${path.join(".")}: ${message}`) ?? [];
  throw new ConfigError([...faults, ...mistakes]);
}

function conflictsOf(
  read: z.output<typeof gatewaySchema>,
  environment: Environment,
  isSigningSecretNeeded: boolean,
): string[] {
  const mistakes: string[] = [];
  const isProduction = environment.NODE_ENV === "production";
  const isLoopback = ["127.0.0.1", "::1", "localhost"].includes(read.HOST);
  if (read.AUTH_DISABLED && !isLoopback) {
    mistakes.push("AUTH_DISABLED: can be true only where HOST is a loopback address");
  }
  if (read.AUTH_DISABLED && isProduction) {
    mistakes.push("AUTH_DISABLED: cannot be true where NODE_ENV is production");
  }
  if (read.AUTH_DISABLED && read.AUTH_JWKS_URL) {
    mistakes.push("AUTH_DISABLED: cannot be true together with AUTH_JWKS_URL");
  }
  if (read.AUTH_JWKS_URL) {
    for (const name of ["AUTH_ISSUER", "AUTH_AUDIENCE"] as const) {
      if (!read[name]) mistakes.push(`${name}: needed with AUTH_JWKS_URL`);
    }
  } else if (read.AUTH_DISABLED === undefined && (read.PROVIDER_URL || !isLoopback || isProduction)) {
    mistakes.push(
      "AUTH_JWKS_URL, AUTH_ISSUER and AUTH_AUDIENCE (or AUTH_DISABLED=false, for API keys alone): needed with PROVIDER_URL, in production, and on any HOST but loopback",
    );
  }
  if (read.TEST_CRASH_AT && isProduction) {
    mistakes.push("TEST_CRASH_AT: cannot be used where NODE_ENV is production");
  }
  if (read.PROVIDER_URL) {
    if (!read.PROVIDER_API_KEY && !(read.PROVIDER_CLIENT_ID && read.PROVIDER_CLIENT_SECRET)) {
      mistakes.push("PROVIDER_CLIENT_ID and PROVIDER_CLIENT_SECRET (or PROVIDER_API_KEY): needed with PROVIDER_URL");
    }
    if (isSigningSecretNeeded && read.WEBHOOK_SIGNING_SECRET.length === 0) {
      mistakes.push("WEBHOOK_SIGNING_SECRET: needed with PROVIDER_URL");
    }
  }
  return mistakes;
}

function authOf(read: z.output<typeof gatewaySchema>): AuthConfig {
  const { AUTH_JWKS_URL: jwksUrl, AUTH_ISSUER: issuer = "", AUTH_AUDIENCE: audience = "" } = read;
  const tokens = jwksUrl ? { jwksUrl, issuer, audience, algorithms: read.AUTH_ALGORITHMS } : null;
  return { tokens, isDisabled: read.AUTH_DISABLED ?? tokens === null };
}

function introspectionOf(isOn: boolean | undefined, environment: Environment): Config["introspection"] {
  if (isOn === undefined) return environment.NODE_ENV === "production" ? "operator" : "everyone";
  return isOn ? "everyone" : "nobody";
}

function credentialsOf(read: z.output<typeof gatewaySchema>): ProviderCredentials {
  const { PROVIDER_CLIENT_ID: clientId, PROVIDER_CLIENT_SECRET: clientSecret, PROVIDER_API_KEY: apiKey = "" } = read;
  return clientId && clientSecret ? { clientId, clientSecret } : { apiKey };
}

type SandboxNames = z.output<z.ZodObject<typeof sandboxNames>> & { SANDBOX_PORT: number };

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

function inUrl(host: string): string {
  return host.includes(":") ? `[${host}]` : host;
}

function besideDatabase(databaseUrl: string): string {
  if (databaseUrl === "sqlite::memory:") return ":memory:";
  const folder = databaseUrl.startsWith("sqlite:") ? dirname(databaseUrl.slice("sqlite:".length)) : "data";
  return join(folder, "sandbox.db");
}

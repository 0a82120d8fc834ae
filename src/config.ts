// The only reader of the environment. Every mistake is named at once, with the variable's name.

import { dirname, join } from "node:path";
import { z } from "zod";

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
  webhookToleranceSeconds: number;
  databaseUrl: string;
  hasIntrospection: boolean;
  uploadMaxBytes: number;
  shutdownTimeoutMs: number;
  /** The named instruction at which a test kills the process; null outside of such tests. */
  crashAt: string | null;
  logLevel: string;
  isTerminal: boolean;
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
const defaultScope = [
  "customer:read customer:write file:upload payout:create transaction:read wallet:read currency:read bank:read",
  "fees:read rates:read webhook:read webhook:write webhook:replay",
].join(" ");

const whole = (minimum: number, maximum: number) =>
  z.string().regex(/^\d+$/, "must be a whole number").transform(Number).pipe(z.number().min(minimum).max(maximum));
const flag = z.enum(["true", "false"], "must be true or false").transform((text) => text === "true");
const httpUrl = z
  .url({ protocol: /^https?$/, error: "must be an http or https URL" })
  .transform((url) => url.replace(/\/+$/, ""));
const list = z.string().transform((text) =>
  text
    .split(",")
    .map((item) => item.trim())
    .filter((item) => item !== ""),
);

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
  PORT: port.default(4000),
  PUBLIC_URL: httpUrl.optional(),
  PROVIDER_URL: httpUrl.optional(),
  PROVIDER_CLIENT_ID: z.string().optional(),
  PROVIDER_CLIENT_SECRET: z.string().optional(),
  PROVIDER_SCOPE: z.string().default(defaultScope),
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
  AUTH_DISABLED: flag.optional(),
  INTROSPECTION: flag.default(true),
  UPLOAD_MAX_BYTES: whole(1, 25_000_000).default(10_485_760),
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

export function readConfig(environment: Environment = process.env): Config {
  const read = parse(gatewaySchema, environment);
  const mistakes = conflictsOf(read, environment);
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
    webhookToleranceSeconds: read.WEBHOOK_TOLERANCE_SECONDS,
    databaseUrl: read.DATABASE_URL,
    hasIntrospection: read.INTROSPECTION,
    uploadMaxBytes: read.UPLOAD_MAX_BYTES,
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
  const result = schema.safeParse(given);
  if (result.success) return result.data;
  throw new ConfigError(result.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`));
}

function conflictsOf(read: z.output<typeof gatewaySchema>, environment: Environment): string[] {
  const mistakes: string[] = [];
  if (!["127.0.0.1", "::1", "localhost"].includes(read.HOST)) {
    mistakes.push("HOST: must be a loopback address, since callers are not told apart yet");
  }
  if (read.AUTH_DISABLED === false) {
    mistakes.push("AUTH_DISABLED: cannot be false, since callers are not told apart yet");
  }
  if (read.AUTH_DISABLED && environment.NODE_ENV === "production") {
    mistakes.push("AUTH_DISABLED: cannot be true where NODE_ENV is production");
  }
  if (read.TEST_CRASH_AT && environment.NODE_ENV === "production") {
    mistakes.push("TEST_CRASH_AT: cannot be used where NODE_ENV is production");
  }
  if (read.PROVIDER_URL) {
    if (!read.AUTH_DISABLED) {
      mistakes.push("AUTH_DISABLED: must be true with PROVIDER_URL: everyone on this machine is the operator then");
    }
    if (!read.PROVIDER_API_KEY && !(read.PROVIDER_CLIENT_ID && read.PROVIDER_CLIENT_SECRET)) {
      mistakes.push("PROVIDER_CLIENT_ID and PROVIDER_CLIENT_SECRET (or PROVIDER_API_KEY): needed with PROVIDER_URL");
    }
    if (read.WEBHOOK_SIGNING_SECRET.length === 0) {
      mistakes.push("WEBHOOK_SIGNING_SECRET: needed with PROVIDER_URL");
    }
  }
  return mistakes;
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

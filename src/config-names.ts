// Every variable: what it may be, what it is for, and an example of it. docs/configuration.md is printed from here.

import { z } from "zod";
import { collectorHeaders } from "./config-headers.js";
import { limitNames } from "./config-limits.js";

// Each scope that a call of the gateway needs, and no more.
export const neededScope = [
  "customer:read customer:write file:upload payout:create transaction:read wallet:read currency:read bank:read",
  "fees:read rates:read webhook:read webhook:write webhook:replay",
].join(" ");

const whole = (minimum: number, maximum: number) => {
  const fault = `must be a whole number from ${minimum} to ${maximum}`;
  return z.string().regex(/^\d+$/, fault).transform(Number).pipe(z.number().min(minimum, fault).max(maximum, fault));
};
/** At most a century: a number that is no time any more is a mistake. */
const days = (minimum: number) => {
  const fault = `must be 0, for ever, or a whole number of days from ${minimum} to 36500`;
  const isFit = (number: number) => number === 0 || (number >= minimum && number <= 36_500);
  return z.string().regex(/^\d+$/, fault).transform(Number).pipe(z.number().refine(isFit, fault)).default(0);
};
const flag = z.enum(["true", "false"], "must be true or false").transform((text) => text === "true");
const httpUrl = z
  .url({ protocol: /^https?$/, error: "must be an http or https URL" })
  .transform((url) => url.replace(/\/+$/, ""));
const origin = httpUrl.refine((url) => URL.canParse(url) && new URL(url).origin === url, "must be origins");
const list = z.string().transform((text) =>
  text
    // By lines, too, as in a file.
    .split(/[,\n]/)
    .map((item) => item.trim())
    .filter((item) => item !== ""),
);
const oneOf = <const W extends readonly string[]>(...words: W) => z.enum(words, `must be ${words.join(" or ")}`);

// Signatures only: a secret that both sides share would let whoever checks a token make one.
const algorithms = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"] as const;

const port = whole(0, 65_535);
const windows = /^[1-9]\d{0,8}\/[1-9]\d{0,3}[smhd](,[1-9]\d{0,8}\/[1-9]\d{0,3}[smhd])*$/;
const madeByItself = "made at its first start, then kept";

// Notes come last in each chain: they belong to the schema that they are given to, not to those made of it.
const commonNames = {
  HOST: z.string().default("127.0.0.1").meta({
    description: "where it listens; any other than a loopback address takes authentication",
  }),
  SANDBOX_PORT: port.default(4010).meta({ description: "where the simulated provider listens" }),
};
const sandboxNames = {
  SANDBOX_CLIENT_ID: z.string().optional().meta({ description: "its credentials", byDefault: madeByItself }),
  SANDBOX_CLIENT_SECRET: z
    .string()
    .optional()
    .meta({ description: "the secret of `SANDBOX_CLIENT_ID`", byDefault: madeByItself }),
  SANDBOX_API_KEY: z.string().optional().meta({ description: "its older key", byDefault: madeByItself }),
  SANDBOX_SIGNING_SECRET: z.string().optional().meta({
    description: "what it signs webhooks with",
    byDefault: madeByItself,
  }),
  SANDBOX_REVIEW_MS: whole(0, 86_400_000).optional().meta({
    description: "how long it reviews a customer",
    byDefault: "`1500`",
    example: "1500",
  }),
  SANDBOX_STEP_MS: whole(0, 86_400_000).optional().meta({
    description: "how long each step of a payout takes",
    byDefault: "`1000`",
    example: "1000",
  }),
};

export const gatewaySchema = z.object({
  ...commonNames,
  ...sandboxNames,
  ...limitNames,
  PORT: port.default(4000).meta({ description: "`0` takes any free port" }),
  METRICS_PORT: port.optional().meta({
    description: "serves `/metrics` there instead, e.g. where clients cannot reach it",
    byDefault: "none: with everything else",
  }),
  PUBLIC_URL: httpUrl.optional().meta({
    description: "the gateway as others reach it: the provider sends webhooks there, the demo looks there",
    byDefault: "`http://HOST:PORT`",
    example: "https://pay.example.com",
  }),
  PROVIDER_URL: httpUrl.optional().meta({
    description: "the provider's base URL, without `/api/external`",
    byDefault: "none: the sandbox",
    example: "https://api.provider.example",
  }),
  PROVIDER_CLIENT_ID: z.string().optional().meta({
    description: "OAuth client credentials, the better of the two ways in",
  }),
  PROVIDER_CLIENT_SECRET: z.string().optional().meta({ description: "the secret of `PROVIDER_CLIENT_ID`" }),
  PROVIDER_SCOPE: z.string().default(neededScope).meta({
    description: "what the token asks for, separated by spaces",
    byDefault: "every scope that a call needs",
  }),
  PROVIDER_API_KEY: z.string().optional().meta({
    description: "the older key, used where there are no client credentials",
  }),
  PROVIDER_TIMEOUT_MS: whole(100, 600_000).default(30_000).meta({
    description: "one request to the provider, to its last byte",
  }),
  PROVIDER_RATE_LIMIT: z.string().regex(windows, "must be calls per window").default("100/1m,1500/1h").meta({
    description: "calls that the account allows in each window, for all nodes together",
  }),
  PROVIDER_STORAGE_HOSTS: list.optional().meta({
    description: "host suffixes that a pre-signed URL may have, separated by commas",
    byDefault: "any public host",
    example: "storage.provider.example",
  }),
  WEBHOOK_SIGNING_SECRET: list.default([]).meta({
    description: "several, separated by commas or lines, while a secret is rotated",
    byDefault: "the sandbox's own",
  }),
  WEBHOOK_TOLERANCE_SECONDS: whole(1, 86_400).default(300).meta({
    description: "how far a signed time may be from now",
  }),
  DATABASE_URL: z
    .string()
    .regex(/^(sqlite:.+|postgres(ql)?:\/\/.+)$/, "must be sqlite:PATH, sqlite::memory: or postgres://…")
    .default("sqlite:data/gateway.db")
    .meta({ description: "or `sqlite::memory:`, or `postgres://…`" }),
  REDIS_URL: z
    .string()
    .regex(/^rediss?:\/\/.+$/, "must be redis://… or rediss://…")
    .optional()
    .meta({
      description: "what several nodes share: wake-ups and the provider's budget",
      byDefault: "none: one process alone",
      example: "redis://127.0.0.1:6379",
    }),
  AUTH_JWKS_URL: httpUrl.optional().meta({
    description: "whose JWTs are taken: the issuer's keys",
    byDefault: "none: no tokens are taken",
    example: "https://issuer.example.com/.well-known/jwks.json",
  }),
  AUTH_ISSUER: z.string().optional().meta({
    description: "the issuer's name, as in `iss`",
    example: "https://issuer.example.com/",
  }),
  AUTH_AUDIENCE: z.string().optional().meta({
    description: "whom the tokens are for, as in `aud`",
    example: "payout-gateway",
  }),
  AUTH_ALGORITHMS: list
    .pipe(z.array(z.enum(algorithms, `must be some of ${algorithms.join(", ")}`)).min(1, "must name one at least"))
    .default(["RS256", "PS256", "ES256", "EdDSA"])
    .meta({ description: "how tokens may be signed" }),
  AUTH_DISABLED: flag.optional().meta({
    description: "`true`: everyone is the operator; `false`: API keys are taken, also without tokens",
    byDefault: "`true` in the sandbox on loopback",
    example: "false",
  }),
  NODE_ENV: z.string().optional().meta({
    description: "`production` refuses `AUTH_DISABLED=true`, and asks for authentication",
  }),
  INTROSPECTION: flag.optional().meta({
    description: "introspection and the explorer",
    byDefault: "`true`, in production `false` but for operators",
    example: "true",
  }),
  UPLOAD_MAX_BYTES: whole(1, 25_000_000).default(10_485_760).meta({ description: "one file; 25000000 at most" }),
  CORS_ORIGINS: list.pipe(z.array(origin)).default([]).meta({
    description: "origins whose pages may call from a browser, separated by commas",
    byDefault: "none",
    example: "https://app.example.com",
  }),
  TRUSTED_DOCUMENTS: z.string().optional().meta({
    description: "a manifest of the operations that are served",
    byDefault: "none: any operation",
  }),
  TRUSTED_DOCUMENTS_MODE: oneOf("enforce", "log").default("enforce").meta({
    description: "`log`: serves others too, and logs their hash and name",
  }),
  OTEL_EXPORTER_OTLP_ENDPOINT: httpUrl.optional().meta({
    description: "a collector that takes OTLP over HTTP; traces are posted to its `/v1/traces`",
    byDefault: "none: nothing is traced",
    example: "http://127.0.0.1:4318",
  }),
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: httpUrl.optional().meta({
    description: "the same with its path, for traces alone; it goes before the other",
    example: "https://traces.example.com/otlp/v1/traces",
  }),
  OTEL_EXPORTER_OTLP_HEADERS: collectorHeaders.default({}).meta({
    description: "what the collector asks for, e.g. a key: `name=value`, several separated by commas",
    byDefault: "",
    example: "api-key=secret",
  }),
  OTEL_SERVICE_NAME: z.string().default("payout-gateway").meta({ description: "what traces call the gateway" }),
  OTEL_TRACES_SAMPLER_ARG: z
    .string()
    .regex(/^(0(\.\d+)?|1(\.0+)?)$/, "must be a number from 0 to 1")
    .transform(Number)
    .default(1)
    .meta({ description: "which part of the traces that begin here is kept; a caller's own are kept as it says" }),
  SHUTDOWN_TIMEOUT_MS: whole(100, 600_000).default(10_000).meta({ description: "from the signal to the exit" }),
  SHUTDOWN_NOTICE_MS: whole(0, 600_000).default(0).meta({
    description: "how long it serves on after `/readyz` says that it will end: what balancers need to notice",
  }),
  TEST_CRASH_AT: z.string().optional(),
  RECONCILE_SECONDS: whole(0, 86_400).default(60).meta({
    description: "how often what is overdue is looked up at the provider; `0` turns it off",
  }),
  PAYOUT_SEND_WITHIN_HOURS: whole(1, 720).default(24).meta({
    description: "how long a payout may wait to be sent; one that was not sent by then is `FAILED` and never sent",
  }),
  // A client that was away for some days misses nothing.
  RETENTION_STATUS_LOG_DAYS: days(7).meta({
    description: "how long status changes are kept, and so how old a cursor may be; `0`: for ever; else 7 at least",
    example: "90",
  }),
  // The provider replays what is 90 days old, repeats a delivery for two days, and its log is read three days back.
  RETENTION_INBOX_DAYS: days(95).meta({
    description: "how long webhook events that are applied or ignored are kept; `0`: for ever; else 95 at least",
    example: "180",
  }),
  // What the provider can bring up again has to find who asked for it.
  RETENTION_AUDIT_DAYS: days(90).meta({
    description: "how long entries of the audit trail are kept; `0`: for ever; else 90 at least",
    example: "730",
  }),
  LOG_LEVEL: oneOf("trace", "debug", "info", "warn", "error", "silent").default("info").meta({
    description: "`trace`, `debug`, `info`, `warn`, `error` or `silent`",
  }),
});

export const aloneSchema = z.object({
  ...commonNames,
  ...sandboxNames,
  SANDBOX_STATE_FILE: z.string().default("data/sandbox.db").meta({
    description: "its own file; read where it runs by itself only, else it lies beside the gateway's",
  }),
  SANDBOX_WEBHOOK_URL: httpUrl.default("http://127.0.0.1:4000/webhooks").meta({
    description: "where it sends webhooks; read where it runs by itself only",
  }),
});

import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ConfigError, readConfig, readSandboxConfig } from "../src/config.js";
import { variables } from "../src/config-page.js";
import { type Build, buildGateway } from "./support/built-gateway.js";

function mistakesOf(read: () => unknown): string[] {
  try {
    read();
  } catch (error) {
    if (error instanceof ConfigError) return [...error.mistakes];
    throw error;
  }
  return [];
}

const namesOf = (mistakes: string[]) => mistakes.map((mistake) => mistake.split(":")[0]).sort();

const provider = {
  PROVIDER_URL: "https://provider.example.com/",
  PROVIDER_CLIENT_ID: "client",
  PROVIDER_CLIENT_SECRET: "secret",
  WEBHOOK_SIGNING_SECRET: "signing",
  AUTH_DISABLED: "true",
};

test("without any variable the gateway runs on loopback against the sandbox", () => {
  const config = readConfig({});
  expect(config).toMatchObject({
    host: "127.0.0.1",
    port: 4000,
    publicUrl: "http://127.0.0.1:4000",
    provider: null,
    providerTimeoutMs: 30_000,
    storageHosts: null,
    sandbox: {
      host: "127.0.0.1",
      port: 4010,
      stateFile: join("data", "sandbox.db"),
      webhookUrl: "http://127.0.0.1:4000/webhooks",
    },
    webhookSecrets: [],
    webhookToleranceSeconds: 300,
    databaseUrl: "sqlite:data/gateway.db",
    introspection: "everyone",
    uploadMaxBytes: 10_485_760,
    shutdownTimeoutMs: 10_000,
    logLevel: "info",
  });
  expect(Object.isFrozen(config)).toBe(true);
});

test("a variable that is set and empty counts as not set", () => {
  const names = [
    ...[
      "HOST",
      "PORT",
      "PUBLIC_URL",
      "PROVIDER_URL",
      "PROVIDER_API_KEY",
      "PROVIDER_STORAGE_HOSTS",
      "PROVIDER_TIMEOUT_MS",
    ],
    ...["WEBHOOK_SIGNING_SECRET", "WEBHOOK_TOLERANCE_SECONDS", "DATABASE_URL", "AUTH_DISABLED", "INTROSPECTION"],
    ...["UPLOAD_MAX_BYTES", "SHUTDOWN_TIMEOUT_MS", "LOG_LEVEL", "SANDBOX_PORT", "SANDBOX_REVIEW_MS", "SANDBOX_API_KEY"],
  ];
  expect(readConfig(Object.fromEntries(names.map((name) => [name, ""])))).toEqual(readConfig({}));
});

test("every mistake is named at once, by its variable", () => {
  const read = () =>
    readConfig({
      PORT: "70000",
      PUBLIC_URL: "example.com",
      PROVIDER_URL: "ftp://provider.example.com",
      PROVIDER_TIMEOUT_MS: "1.5",
      WEBHOOK_TOLERANCE_SECONDS: "-1",
      DATABASE_URL: "mysql://localhost/x",
      AUTH_DISABLED: "yes",
      INTROSPECTION: "1",
      UPLOAD_MAX_BYTES: "25000001",
      SHUTDOWN_TIMEOUT_MS: "soon",
      LOG_LEVEL: "loud",
      SANDBOX_PORT: "0x10",
      SANDBOX_REVIEW_MS: "1e3",
    });
  expect(namesOf(mistakesOf(read))).toEqual([
    "AUTH_DISABLED",
    "DATABASE_URL",
    "INTROSPECTION",
    "LOG_LEVEL",
    "PORT",
    "PROVIDER_CLIENT_ID and PROVIDER_CLIENT_SECRET (or PROVIDER_API_KEY)",
    "PROVIDER_TIMEOUT_MS",
    "PROVIDER_URL",
    "PUBLIC_URL",
    "SANDBOX_PORT",
    "SANDBOX_REVIEW_MS",
    "SHUTDOWN_TIMEOUT_MS",
    "UPLOAD_MAX_BYTES",
    "WEBHOOK_SIGNING_SECRET",
    "WEBHOOK_TOLERANCE_SECONDS",
  ]);
  expect(read).toThrow(
    /^The configuration cannot be used:\n {2}SANDBOX_PORT: must be a whole number from 0 to 65535, e\.g\. SANDBOX_PORT=4010\n/,
  );
  expect(mistakesOf(read).filter((mistake) => !mistake.includes(", e.g. "))).toEqual([]);
});

const authNames = "AUTH_JWKS_URL, AUTH_ISSUER and AUTH_AUDIENCE (or AUTH_DISABLED=false, for API keys alone)";
const tokens = {
  AUTH_JWKS_URL: "https://issuer.example.com/jwks",
  AUTH_ISSUER: "issuer",
  AUTH_AUDIENCE: "gateway",
};

test("every example can be used", () => {
  const wrong = Object.fromEntries(
    variables()
      .filter(({ name }) => name !== "NODE_ENV")
      .map(({ name }) => [name, "\u0000"]),
  );
  const examples = mistakesOf(() => readConfig(wrong)).flatMap((mistake) => {
    const [, name = "", value = ""] = /, e\.g\. ([A-Z_]+)=(.*)$/.exec(mistake) ?? [];
    return name.endsWith("_FILE") ? [] : [[name, value] as const];
  });
  expect(examples.length).toBeGreaterThan(30);
  for (const [name, value] of examples) {
    const mistakes = mistakesOf(() => readConfig({ [name]: value }));
    expect(mistakes.filter((mistake) => mistake.startsWith(`${name}:`))).toEqual([]);
  }
});

test("a secret comes from the file that is named instead, without the end of its last line", async () => {
  const folder = await mkdtemp(join(tmpdir(), "payout-gateway-config-"));
  try {
    const file = async (name: string, text: string) => {
      await writeFile(join(folder, name), text);
      return join(folder, name);
    };
    const { PROVIDER_CLIENT_SECRET: _, WEBHOOK_SIGNING_SECRET: __, ...open } = provider;
    const config = readConfig({
      ...open,
      PROVIDER_CLIENT_SECRET_FILE: await file("client", "from a file\n"),
      WEBHOOK_SIGNING_SECRET_FILE: await file("signing", "new\nold\n"),
      DATABASE_URL_FILE: await file("database", "postgres://user:hunter2@host/x\n"),
    });
    expect(config).toMatchObject({
      provider: { credentials: { clientSecret: "from a file" } },
      webhookSecrets: ["new", "old"],
      databaseUrl: "postgres://user:hunter2@host/x",
    });
    const empty = await file("empty", "\n");
    const mistakes = mistakesOf(() =>
      readConfig({
        ...provider,
        PROVIDER_CLIENT_SECRET_FILE: join(folder, "client"),
        DATABASE_URL_FILE: join(folder, "gone"),
        REDIS_URL_FILE: empty,
      }),
    );
    expect(namesOf(mistakes)).toEqual(["DATABASE_URL_FILE", "PROVIDER_CLIENT_SECRET_FILE", "REDIS_URL_FILE"]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

test("a name that looks like a setting and is none is warned about, with the one that was meant", () => {
  const { warnings } = readConfig({
    PROVIDER_TIMEOUT: "1",
    AUTH_AUDIANCE: "x",
    WEBHOOK_SECRET_OF_OLD: "hunter2",
    SANDBOX_STATE_FILE: "x",
    PROVIDER_API_KEY_FILE: "",
    PATH: "/bin",
  });
  expect(warnings).toEqual([
    "PROVIDER_TIMEOUT is no setting, and is not read. Is it PROVIDER_TIMEOUT_MS?",
    "AUTH_AUDIANCE is no setting, and is not read. Is it AUTH_AUDIENCE?",
    "WEBHOOK_SECRET_OF_OLD is no setting, and is not read.",
  ]);
});

test("a mistake does not repeat the value, which may be a secret", () => {
  const read = () => readConfig({ DATABASE_URL: "mysql://user:hunter2@host/x", PUBLIC_URL: "hunter2" });
  expect(mistakesOf(read)).toHaveLength(2);
  expect(mistakesOf(read).join()).not.toContain("hunter2");
});

test.each(["0.0.0.0", "::", "192.168.1.2", "gateway.example.com", "127.0.0.1.example.com"])(
  "HOST %s is taken only with authentication",
  (HOST) => {
    expect(namesOf(mistakesOf(() => readConfig({ HOST })))).toEqual([authNames]);
    expect(namesOf(mistakesOf(() => readConfig({ HOST, AUTH_DISABLED: "true" })))).toEqual(["AUTH_DISABLED"]);
    expect(readConfig({ HOST, AUTH_DISABLED: "false" })).toMatchObject({ host: HOST, auth: { isDisabled: false } });
    expect(readConfig({ HOST, ...tokens }).auth).toMatchObject({ isDisabled: false, tokens: { issuer: "issuer" } });
  },
);

test.each(["127.0.0.1", "::1", "localhost"])("HOST %s is taken", (HOST) => {
  expect(readConfig({ HOST }).host).toBe(HOST);
});

test("an IPv6 HOST is an address in the URLs that are made of it", () => {
  const { publicUrl, sandbox } = readConfig({ HOST: "::1", PORT: "4001" });
  expect(publicUrl).toBe("http://[::1]:4001");
  expect(sandbox.webhookUrl).toBe("http://[::1]:4001/webhooks");
});

test("PROVIDER_URL is refused without authentication, credentials and a signing secret, all named at once", () => {
  const { PROVIDER_URL } = provider;
  const mistakes = mistakesOf(() => readConfig({ PROVIDER_URL }));
  expect(namesOf(mistakes)).toEqual([
    authNames,
    "PROVIDER_CLIENT_ID and PROVIDER_CLIENT_SECRET (or PROVIDER_API_KEY)",
    "WEBHOOK_SIGNING_SECRET",
  ]);
  expect(mistakesOf(() => readConfig({ ...provider, PROVIDER_CLIENT_SECRET: "" }))).toHaveLength(1);
  expect(mistakesOf(() => readConfig({ ...provider, WEBHOOK_SIGNING_SECRET: " , " }))).toHaveLength(1);
});

test("with everything that PROVIDER_URL needs there is no sandbox, and OAuth goes before the older key", () => {
  expect(readConfig(provider)).toMatchObject({
    provider: {
      url: "https://provider.example.com",
      credentials: { clientId: "client", clientSecret: "secret" },
    },
    webhookSecrets: ["signing"],
  });
  const { PROVIDER_CLIENT_ID: _, ...withKey } = { ...provider, PROVIDER_API_KEY: "key" };
  expect(readConfig({ ...withKey, WEBHOOK_SIGNING_SECRET: "new, old" })).toMatchObject({
    provider: { credentials: { apiKey: "key" } },
    webhookSecrets: ["new", "old"],
  });
  expect(readConfig({ ...provider, PROVIDER_API_KEY: "key" }).provider?.credentials).not.toHaveProperty("apiKey");
});

test("AUTH_DISABLED cannot be true in production, and in production authentication has to be set up", () => {
  expect(namesOf(mistakesOf(() => readConfig({ ...provider, NODE_ENV: "production" })))).toEqual(["AUTH_DISABLED"]);
  expect(namesOf(mistakesOf(() => readConfig({ AUTH_DISABLED: "true", NODE_ENV: "production" })))).toEqual([
    "AUTH_DISABLED",
  ]);
  expect(namesOf(mistakesOf(() => readConfig({ NODE_ENV: "production" })))).toEqual([authNames]);
  expect(namesOf(mistakesOf(() => readConfig({ AUTH_DISABLED: "true", ...tokens })))).toEqual(["AUTH_DISABLED"]);
});

test("everyone is the operator only in the sandbox, as long as nothing else is said", () => {
  expect(readConfig({}).auth).toEqual({ isDisabled: true, tokens: null });
  expect(readConfig({ AUTH_DISABLED: "false" }).auth).toEqual({ isDisabled: false, tokens: null });
  expect(readConfig(tokens).auth).toEqual({
    isDisabled: false,
    tokens: {
      jwksUrl: "https://issuer.example.com/jwks",
      issuer: "issuer",
      audience: "gateway",
      algorithms: ["RS256", "PS256", "ES256", "EdDSA"],
    },
  });
});

test("tokens need an issuer and an audience, and signatures that only their issuer can make", () => {
  const { AUTH_JWKS_URL } = tokens;
  expect(namesOf(mistakesOf(() => readConfig({ AUTH_JWKS_URL })))).toEqual(["AUTH_AUDIENCE", "AUTH_ISSUER"]);
  for (const AUTH_ALGORITHMS of ["HS256", "none", "RS256,HS512"]) {
    expect(mistakesOf(() => readConfig({ ...tokens, AUTH_ALGORITHMS }))).toHaveLength(1);
  }
  expect(readConfig({ ...tokens, AUTH_ALGORITHMS: "ES384" }).auth.tokens?.algorithms).toEqual(["ES384"]);
});

test("the schema is for everyone, in production for operators", () => {
  expect(readConfig({}).introspection).toBe("everyone");
  expect(readConfig({ ...tokens, NODE_ENV: "production" }).introspection).toBe("operator");
  expect(readConfig({ ...tokens, NODE_ENV: "production", INTROSPECTION: "true" }).introspection).toBe("everyone");
  expect(readConfig({ INTROSPECTION: "false" }).introspection).toBe("nobody");
});

test("the sandbox keeps its state beside the gateway's database", () => {
  expect(readConfig({ DATABASE_URL: "sqlite:/var/lib/x/gateway.db" }).sandbox.stateFile).toBe("/var/lib/x/sandbox.db");
  expect(readConfig({ DATABASE_URL: "sqlite::memory:" }).sandbox.stateFile).toBe(":memory:");
  expect(readConfig({ DATABASE_URL: "postgres://127.0.0.1/x" }).sandbox.stateFile).toBe(join("data", "sandbox.db"));
});

test("a sandbox that runs alone has settings of its own", () => {
  expect(readSandboxConfig({})).toEqual({
    host: "127.0.0.1",
    port: 4010,
    stateFile: "data/sandbox.db",
    webhookUrl: "http://127.0.0.1:4000/webhooks",
  });
  const read = () => readSandboxConfig({ SANDBOX_PORT: "x", SANDBOX_STEP_MS: "-1", SANDBOX_WEBHOOK_URL: "nowhere" });
  expect(namesOf(mistakesOf(read))).toEqual(["SANDBOX_PORT", "SANDBOX_STEP_MS", "SANDBOX_WEBHOOK_URL"]);
});

describe("the process", () => {
  let build: Build;
  beforeAll(async () => {
    build = await buildGateway();
  });
  afterAll(() => build.remove());

  test.each(["start", "sandbox", "demo"])(
    "%s says what is wrong with its variables and exits with 1, without a stack",
    async (command) => {
      const wrong = { SANDBOX_PORT: "many", SANDBOX_REVIEW_MS: "soon", HOST: "0.0.0.0" };
      const started = build.run("cli.js", wrong, [command]);
      expect(await started.exitCode).toBe(1);
      expect(started.errors).toContain("SANDBOX_PORT: must be a whole number");
      expect(started.errors).toContain("SANDBOX_REVIEW_MS: must be a whole number");
      expect(started.errors).not.toMatch(/^\s+at |node:internal|file:\/\//m);
      expect(started.output).toBe("");
    },
  );

  test("warns of a name that it does not know as it starts", async () => {
    const environment = { PORT: "0", SANDBOX_PORT: "0", DATABASE_URL: "sqlite::memory:", PROVIDER_TIMEOUT: "hunter2" };
    const started = build.run("index.js", environment);
    await started.printed(/GraphQL API/);
    expect(started.output).toContain("Is it PROVIDER_TIMEOUT_MS?");
    expect(started.output).not.toContain("hunter2");
    await started.stop();
  });

  test("does not touch the disk before its configuration is good", async () => {
    await build.run("index.js", { HOST: "0.0.0.0" }).exitCode;
    expect(existsSync(join(build.directory, "data"))).toBe(false);
  });

  test("exits with 1 where its port is taken", async () => {
    const environment = { PORT: "0", SANDBOX_PORT: "0", DATABASE_URL: "sqlite::memory:", LOG_LEVEL: "silent" };
    const first = build.run("index.js", environment);
    const url = await first.printed(/GraphQL API\s+(http\S+)\/graphql/);
    const second = build.run("index.js", { ...environment, PORT: new URL(url).port });
    expect(await second.exitCode).toBe(1);
    expect(second.errors).toContain("EADDRINUSE");
    expect((await first.stop()).exitCode).toBe(0);
  });
});

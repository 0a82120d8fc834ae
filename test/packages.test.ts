// What the gateway is run by elsewhere. Where it cannot be run here, what it says of the gateway can be held against it, and
// each kind's own linter has its say.

import { execFile, spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { promisify } from "node:util";
import { DCLinter } from "dclint";
import { validate } from "dockerfile-utils";
import yaml from "js-yaml";
import { readConfig } from "../src/config.js";
import { freePort } from "./support/free-port.js";
import { settingsRead } from "./support/settings-read.js";
import { startTestGateway } from "./support/start-test-gateway.js";

const read = (path: string) => readFileSync(path, "utf8");
// biome-ignore lint/suspicious/noExplicitAny: whatever the file says
const parse = (path: string) => yaml.safeLoadAll(read(path)) as any[];

const [compose] = parse("compose.yaml");
const [deployment, service, budget] = parse("ops/kubernetes/gateway.yaml");
const pod = deployment.spec.template.spec;
const [container] = pod.containers;
const composeEnvironment: Record<string, string> = compose["x-gateway"].environment;
const podEnvironment: Record<string, string> = Object.fromEntries(
  container.env.map(({ name, value }: { name: string; value: string }) => [name, value]),
);
const dockerfile = read("Dockerfile");
// The order of keys, and quotes where none are needed.
const matterOfTaste = {
  "no-quotes-in-volumes": 0,
  "require-quotes-in-ports": 0,
  "service-keys-order": 0,
  "services-alphabetical-order": 0,
  "top-level-properties-order": 0,
} as const;
const dockerEnvironment = Object.fromEntries(
  [...(/^ENV (.*)$/m.exec(dockerfile)?.[1] ?? "").matchAll(/(\w+)=(\S+)/g)].map(([, name, value]) => [name, value]),
) as Record<string, string>;
const unit = read("ops/systemd/payout-gateway.service");
const unitValue = (name: string) => new RegExp(`^${name}=(.*)$`, "m").exec(unit)?.[1] ?? "";

// As the operator would give them.
const given: Record<string, string> = {
  POSTGRES_PASSWORD: "secret",
  PUBLIC_URL: "https://pay.example.com",
  PROVIDER_URL: "https://provider.example.com",
  PROVIDER_CLIENT_ID: "client",
  PROVIDER_CLIENT_SECRET: "secret",
  WEBHOOK_SIGNING_SECRET: "signing",
};
const filled = (environment: Record<string, string>) =>
  Object.fromEntries(
    Object.entries(environment).map(([name, value]) => [
      name,
      value.replace(/\$\{(\w+):\?\}/g, (_all, key: string) => given[key] ?? ""),
    ]),
  );

test("every setting in the packages is one that the gateway reads", () => {
  const secrets = /^ +# (DATABASE_URL, .*)$/m.exec(read("ops/kubernetes/gateway.yaml"))?.[1]?.split(", ") ?? [];
  expect(secrets.length).toBeGreaterThan(3);
  const named = [composeEnvironment, podEnvironment, dockerEnvironment].flatMap((each) => Object.keys(each));
  const inUnit = [...unitValue("Environment").matchAll(/(\w+)=/g)].map(([, name = ""]) => name);
  const known = new Set([...settingsRead, "NODE_ENV"]);
  expect([...named, ...inUnit, ...secrets].filter((name) => !known.has(name))).toEqual([]);
});

test("what compose and Kubernetes set is a configuration that starts", () => {
  const inCompose = readConfig({ ...dockerEnvironment, ...filled(composeEnvironment) });
  expect(inCompose).toMatchObject({
    metricsPort: 9464,
    databaseUrl: "postgres://gateway:secret@postgres:5432/gateway",
  });
  const { POSTGRES_PASSWORD: _unused, ...secrets } = given;
  const inPod = readConfig({ ...dockerEnvironment, ...podEnvironment, ...secrets });
  expect(inPod.auth.isDisabled).toBe(false);
});

test("each waits longer for the end than the gateway takes, and gives notice for longer than it takes to be noticed", () => {
  const inPod = readConfig({ ...dockerEnvironment, ...podEnvironment, ...given });
  expect(pod.terminationGracePeriodSeconds * 1000).toBeGreaterThan(inPod.shutdownTimeoutMs);
  const { periodSeconds, timeoutSeconds, failureThreshold } = container.readinessProbe;
  const noticedAfterMs = (periodSeconds + timeoutSeconds) * failureThreshold * 1000;
  expect(inPod.shutdownNoticeMs).toBeGreaterThan(noticedAfterMs);

  const inCompose = readConfig({ ...dockerEnvironment, ...filled(composeEnvironment) });
  const graceMs = Number.parseInt(compose["x-gateway"].stop_grace_period, 10) * 1000;
  expect(graceMs).toBeGreaterThan(inCompose.shutdownTimeoutMs);
  for (const [, seconds] of read("ops/nginx/nginx.conf").matchAll(/fail_timeout=(\d+)s/g)) {
    expect(inCompose.shutdownNoticeMs).toBeGreaterThan(Number(seconds) * 1000);
  }
  expect(Number(unitValue("TimeoutStopSec")) * 1000).toBeGreaterThan(readConfig({}).shutdownTimeoutMs);
});

test("ports, probes and labels fit together", async () => {
  const ports = Object.fromEntries(
    container.ports.map(({ name, containerPort }: { name: string; containerPort: number }) => [name, containerPort]),
  );
  expect(ports).toEqual({ http: Number(dockerEnvironment.PORT), metrics: Number(podEnvironment.METRICS_PORT) });
  expect(deployment.spec.template.metadata.annotations["prometheus.io/port"]).toBe(podEnvironment.METRICS_PORT);
  const { app } = deployment.spec.template.metadata.labels;
  for (const selector of [
    deployment.spec.selector.matchLabels,
    service.spec.selector,
    budget.spec.selector.matchLabels,
  ]) {
    expect(selector).toEqual({ app });
  }
  const { gateway } = await startTestGateway();
  for (const probe of [container.startupProbe, container.livenessProbe, container.readinessProbe]) {
    expect((await fetch(`${gateway.url}${probe.httpGet.path}`)).status).toBe(200);
    expect(ports[probe.httpGet.port]).toBe(Number(dockerEnvironment.PORT));
  }
  const servers = [...read("ops/nginx/nginx.conf").matchAll(/server (\S+):(\d+) /g)].map(([, host, port]) => [
    host,
    port,
  ]);
  expect(servers).toEqual(
    Object.keys(compose.services)
      .filter((name) => name.startsWith("gateway"))
      .map((name) => [name, dockerEnvironment.PORT]),
  );
});

test("the container's health check tells whether the gateway answers", async () => {
  const command = JSON.parse(/^HEALTHCHECK .*CMD (.*)$/m.exec(dockerfile)?.[1] ?? "[]") as string[];
  expect(command[0]).toBe("node");
  const check = (port: number) =>
    promisify(execFile)(process.execPath, command.slice(1), { env: { PORT: String(port) } }).then(
      () => 0,
      ({ code }) => code,
    );
  const { gateway } = await startTestGateway();
  expect(await check(Number(new URL(gateway.url).port))).toBe(0);
  expect(await check(await freePort())).toBe(1);
});

test("the image is built of what is there, and of all that is a workspace", () => {
  const { workspaces, scripts } = JSON.parse(read("package.json"));
  const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, sources = ""]) =>
    sources.split(" "),
  );
  const kept = read(".dockerignore").split("\n");
  for (const source of copied) {
    const [top = "", ...inner] = source.split("/");
    expect(readdirSync(inner.length > 0 ? source.slice(0, source.lastIndexOf("/")) : ".")).toContain(
      inner.at(-1) ?? top,
    );
    expect([`!${source}`, `!${top}`].some((line) => kept.includes(line))).toBe(true);
  }
  for (const workspace of workspaces) expect(copied).toContain(`${workspace}/package.json`);
  expect(scripts.build).toBeDefined();
  expect(dockerfile).toMatch(/^USER node$/m);
});

test("no linter finds fault with the Dockerfile, the compose file and the Kubernetes manifests", async () => {
  expect(validate(dockerfile)).toEqual([]);
  expect(validate(`${dockerfile}RUNN true\n`)).not.toEqual([]);

  const [linted] = new DCLinter({ rules: matterOfTaste, debug: false, quiet: true }).lintFiles(["compose.yaml"], false);
  expect(linted?.messages).toEqual([]);

  for (const manifest of [deployment, service, budget]) {
    const { apiVersion, kind } = manifest;
    const Model = (await import(`kubernetes-models/${apiVersion}/${kind}`))[kind];
    new Model(manifest).validate();
    expect(() => new Model({ ...manifest, spec: "none" }).validate()).toThrow("spec");
  }
});

const analyzer = spawnSync("systemd-analyze", ["--version"]).error?.message;
if (analyzer) process.stderr.write(`Skipped: the unit is not verified (${analyzer}).\n`);
(analyzer ? test.skip : test)("systemd takes the unit", () => {
  const { status, stderr } = spawnSync("systemd-analyze", ["verify", "ops/systemd/payout-gateway.service"], {
    encoding: "utf8",
  });
  // Where node lies elsewhere, that alone is said.
  const complaints = stderr
    .split("\n")
    .filter((line) => line.includes("payout-gateway") && !line.includes("is not executable"));
  expect(complaints).toEqual([]);
  expect(status === 0 || stderr.includes("is not executable")).toBe(true);
});

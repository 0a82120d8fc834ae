import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse, validate } from "graphql";
import { readConfig, readSandboxConfig } from "../src/config.js";
import { customerMagic, payoutMagic } from "../src/sandbox/magic-values.js";
import { readPrintedSchema } from "./support/fixed-api.js";
import { blocksOf, codeOf, readPage, rowsOf, sectionsOf } from "./support/markdown-blocks.js";
import { startTestGateway } from "./support/start-test-gateway.js";
import { hasTerminal, Terminal } from "./support/terminal.js";

const readme = readPage("README.md");
const configuration = readPage("src/config.ts") + readPage("src/config-limits.ts");
const isService = process.env.REQUIRE_SERVICES === "1";
if (!hasTerminal) console.warn("The README's commands are not run: bash, curl, sed or base64 is missing.");

const namesRead = new Set(
  [
    // Messages name variables too: only what stands outside of texts is read.
    ...configuration.replace(/"[^"]*"|`[^`]*`/g, "").matchAll(/\b([A-Z][A-Z0-9]*_?[A-Z0-9_]+)\s*:/g),
    ...configuration.matchAll(/\benvironment\.([A-Z][A-Z0-9_]+)/g),
  ]
    .map(([, name = ""]) => name)
    // What only tests set is no setting.
    .filter((name) => !name.startsWith("TEST_")),
);

function section(page: string, heading: string): string {
  const text = sectionsOf(page).get(heading);
  if (text === undefined) throw new Error(`There is no section ${heading}.`);
  return text;
}

/** An answer with what differs from run to run taken out. */
function settled(text: string): unknown {
  return JSON.parse(text, (_key, value) => {
    if (typeof value !== "string") return value;
    if (/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(value)) return "(an id)";
    return /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(value) ? "(a time)" : value;
  });
}

const operations = blocksOf(readme, "graphql");

test.each(operations.map(({ text }) => text))("the schema allows what the README asks: %#", (text) => {
  expect(validate(readPrintedSchema(), parse(text))).toEqual([]);
});

(hasTerminal || isService ? test : test.skip)("the README's commands lead to the answers that it shows", async () => {
  const { client } = await startTestGateway({ sandbox: { reviewDelayMs: 400, payoutStepDelayMs: 200 } });
  const folder = mkdtempSync(join(tmpdir(), "readme-"));
  const [watching, working] = [new Terminal(folder), new Terminal(folder)];
  try {
    const commands = blocksOf(readme, "sh").filter((block) => block.section === "The three steps");
    const [follow = "", ...steps] = commands.map(({ text }) => text.replaceAll("http://127.0.0.1:4000", client.url));
    const answers = blocksOf(readme, "json").filter((block) => block.section === "The three steps");
    expect(steps).toHaveLength(3);
    expect(answers).toHaveLength(3);

    watching.type(follow);
    await watching.shows(":\n\n");
    const shownAfter = ['"customer":"PENDING"', '"customer":"VERIFIED"', '"payout":"SUCCESSFUL"'];
    for (const [index, step] of steps.entries()) {
      expect(settled(await working.run(step))).toEqual(settled(answers[index]?.text ?? ""));
      await watching.shows(shownAfter[index] ?? "");
    }
    expect([...watching.shown.matchAll(/"(customer|document|payout)":"(\w+)"/g)].map(([, , to]) => to)).toEqual(
      codeOf(section(readme, "The three steps").split("By now")[1]?.split("\n\n")[0] ?? "").filter((code) =>
        /^[A-Z]+$/.test(code),
      ),
    );
    const first = await client.request(operations[0]?.text ?? "");
    expect(settled(JSON.stringify(first))).toEqual(settled(blocksOf(readme, "json")[0]?.text ?? ""));
  } finally {
    await Promise.all([watching.close(), working.close()]);
    rmSync(folder, { recursive: true });
  }
});

test("the README's table of settings has the variables that are read, and no other", () => {
  const listed = rowsOf(section(readme, "Settings")).flatMap(([names = ""]) => codeOf(names));
  expect([...listed].sort()).toEqual([...namesRead].sort());
});

test("the README's table of settings tells the defaults", () => {
  const { sandbox, ...config } = readConfig({});
  const alone = readSandboxConfig({});
  const told = new Map(
    rowsOf(section(readme, "Settings")).flatMap(([names = "", byDefault = ""]) =>
      codeOf(names).map((name) => [name, codeOf(byDefault)[0]]),
    ),
  );
  expect(Object.fromEntries(told)).toMatchObject({
    HOST: config.host,
    PORT: String(config.port),
    PROVIDER_TIMEOUT_MS: String(config.providerTimeoutMs),
    WEBHOOK_TOLERANCE_SECONDS: String(config.webhookToleranceSeconds),
    DATABASE_URL: config.databaseUrl,
    UPLOAD_MAX_BYTES: String(config.uploadMaxBytes),
    SHUTDOWN_TIMEOUT_MS: String(config.shutdownTimeoutMs),
    RECONCILE_SECONDS: String((config.reconcileMs ?? 0) / 1000),
    LOG_LEVEL: config.logLevel,
    LIMIT_BODY_BYTES: String(config.limits.bodyBytes),
    LIMIT_TOKENS: String(config.limits.tokens),
    LIMIT_DEPTH: String(config.limits.depth),
    LIMIT_ALIASES: String(config.limits.aliases),
    LIMIT_ROOT_FIELDS: String(config.limits.rootFields),
    LIMIT_DIRECTIVES: String(config.limits.directives),
    LIMIT_COST: String(config.limits.cost),
    LIMIT_PAGE: String(config.limits.page),
    LIMIT_OPERATIONS_IN_FLIGHT: String(config.limits.operationsInFlight),
    LIMIT_REQUESTS_PER_MINUTE: String(config.limits.requestsPerMinute),
    LIMIT_FAILED_CREDENTIALS_PER_MINUTE: String(config.limits.failedCredentialsPerMinute),
    LIMIT_SOCKETS: String(config.limits.sockets),
    LIMIT_SUBSCRIPTIONS: String(config.limits.subscriptions),
    LIMIT_CONNECTIONS_PER_ADDRESS: String(config.limits.connectionsPerAddress),
    LIMIT_UPLOAD_FILES: String(config.limits.uploadFiles),
    LIMIT_UPLOAD_TOTAL_BYTES: String(config.limits.uploadTotalBytes),
    LIMIT_UPLOADS_AT_ONCE: String(config.limits.uploadsAtOnce),
    LIMIT_HEADERS_SECONDS: String(config.limits.headersMs / 1000),
    LIMIT_REQUEST_SECONDS: String(config.limits.requestMs / 1000),
    LIMIT_UPLOAD_SECONDS: String(config.limits.uploadMs / 1000),
    SANDBOX_PORT: String(sandbox.port),
    SANDBOX_STATE_FILE: alone.stateFile,
    SANDBOX_WEBHOOK_URL: alone.webhookUrl,
  });
});

test.each(["README.md", "CONTRIBUTING.md", "docs/sandbox.md"])(
  "%s names only scripts and variables that exist",
  (path) => {
    const page = readPage(path);
    const { scripts } = JSON.parse(readPage("package.json")) as { scripts: Record<string, string> };
    const known = new Set(["ci", ...Object.keys(scripts)]);
    const named = [...page.matchAll(/`npm (?:run )?([a-z-]+)|^(?:npm ci && )?npm (?:run )?([a-z-]+)/gm)].map(
      ([, quoted, typed]) => quoted ?? typed ?? "",
    );
    expect(named.filter((name) => !known.has(name))).toEqual([]);
    const assigned = blocksOf(page, "sh").flatMap(({ text }) => [...text.matchAll(/(?:^|\s)([A-Z]+(?:_[A-Z]+)+)=/gm)]);
    expect(assigned.map(([, name = ""]) => name).filter((name) => !namesRead.has(name))).toEqual([]);
  },
);

test("docs/sandbox.md shows every magic value, and no other", () => {
  const rows = rowsOf(section(readPage("docs/sandbox.md"), "Magic values"));
  const [tags, words] = [/^\+/, /^test-/].map((form) =>
    rows.map(([value = ""]) => codeOf(value)[0] ?? "").filter((value) => form.test(value)),
  );
  expect(tags).toEqual(Object.keys(customerMagic).map((tag) => `+${tag}`));
  expect(words).toEqual(Object.keys(payoutMagic));
});

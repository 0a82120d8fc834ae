import { existsSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { readConfig, readSandboxConfig } from "../src/config.js";
import { customerMagic, payoutMagic } from "../src/sandbox/magic-values.js";
import { UserErrorCode } from "../src/schema/user-error.enum.js";
import { blocksOf, codeOf, pages, readPage, rowsOf, sectionsOf } from "./support/markdown-blocks.js";

const readme = readPage("README.md");
const configuration = readPage("src/config.ts") + readPage("src/config-limits.ts");

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

test.each(["CONTRIBUTING.md", ...pages])("%s names only scripts and variables that exist", (path) => {
  const page = readPage(path);
  const { scripts } = JSON.parse(readPage("package.json")) as { scripts: Record<string, string> };
  const known = new Set(["ci", ...Object.keys(scripts)]);
  const named = [...page.matchAll(/`npm (?:run )?([a-z-]+)|^(?:npm ci && )?npm (?:run )?([a-z-]+)/gm)].map(
    ([, quoted, typed]) => quoted ?? typed ?? "",
  );
  expect(named.filter((name) => !known.has(name))).toEqual([]);
  const assigned = blocksOf(page, "sh").flatMap(({ text }) => [...text.matchAll(/(?:^|\s)([A-Z]+(?:_[A-Z]+)+)=/gm)]);
  expect(assigned.map(([, name = ""]) => name).filter((name) => !namesRead.has(name))).toEqual([]);
});

test("docs/sandbox.md shows every magic value, and no other", () => {
  const rows = rowsOf(section(readPage("docs/sandbox.md"), "Magic values"));
  const [tags, words] = [/^\+/, /^test-/].map((form) =>
    rows.map(([value = ""]) => codeOf(value)[0] ?? "").filter((value) => form.test(value)),
  );
  expect(tags).toEqual(Object.keys(customerMagic).map((tag) => `+${tag}`));
  expect(words).toEqual(Object.keys(payoutMagic));
});

test("docs/errors.md has a row for every code, and no other", () => {
  const page = readPage("docs/errors.md");
  const codesIn = (heading: string) => rowsOf(section(page, heading)).map(([code = ""]) => codeOf(code)[0]);
  expect(codesIn("User errors").sort()).toEqual(Object.keys(UserErrorCode).sort());
  // Where a code is given to a client, and the two of which access has a type of its own.
  const sources = readdirSync("src/http", { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => readPage(`src/http/${name}`));
  const given = [...sources.join("").matchAll(/(?:\bcode: |\bcode = |\? |: |, )"([A-Z]+(?:_[A-Z]+)+)"/g)].map(
    ([, code]) => code,
  );
  const codes = new Set([...given, "UNAUTHENTICATED", "FORBIDDEN"]);
  codes.delete("BAD_REQUEST");
  expect(codesIn("Codes of errors").sort()).toEqual([...codes].sort());
});

const exampleNotes = ["", "react-hook/", "apollo-upload/", "partner-script/", "curl/"].map(
  (folder) => `examples/${folder}README.md`,
);

test.each([...pages, ...exampleNotes, "CONTRIBUTING.md", "CHANGELOG.md"])("%s links only to what is there", (page) => {
  const links = [...readPage(page).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = ""]) => link);
  const broken = links.filter((link) => !/^https?:/.test(link) && !isThere(page, link));
  expect(broken).toEqual([]);
});

function isThere(page: string, link: string): boolean {
  const [path = "", heading] = link.split("#");
  const target = path === "" ? page : join(dirname(page), path);
  if (!existsSync(target)) return false;
  return heading === undefined || headingsOf(readPage(target)).includes(heading);
}

/** As they are written in links. */
function headingsOf(text: string): string[] {
  return [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replace(/[^\w -]/g, "")
      .replaceAll(" ", "-"),
  );
}

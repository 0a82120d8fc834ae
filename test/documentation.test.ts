import { existsSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { readConfig, readSandboxConfig } from "../src/config.js";
import { configurationPage, variables } from "../src/config-page.js";
import { customerMagic, payoutMagic } from "../src/sandbox/magic-values.js";
import { UserErrorCode } from "../src/schema/user-error.enum.js";
import { blocksOf, codeOf, pages, readPage, rowsOf, sectionsOf } from "./support/markdown-blocks.js";
import { settingsRead as namesRead } from "./support/settings-read.js";

const readme = readPage("README.md");

function section(page: string, heading: string): string {
  const text = sectionsOf(page).get(heading);
  if (text === undefined) throw new Error(`There is no section ${heading}.`);
  return text;
}

test("docs/configuration.md is what is printed from the variables: `npm run configuration` writes it anew", () => {
  expect(readPage("docs/configuration.md")).toBe(configurationPage());
});

test("every variable that is read has its meaning told, and its default where it has one", () => {
  const told = variables();
  expect(told.filter(({ description }) => !/\w/.test(description))).toEqual([]);
  const { sandbox, ...config } = readConfig({});
  const values = new Map(told.map(({ name, byDefault }) => [name, codeOf(byDefault)[0]]));
  expect(Object.fromEntries(values)).toMatchObject({
    HOST: config.host,
    PORT: String(config.port),
    PROVIDER_TIMEOUT_MS: String(config.providerTimeoutMs),
    DATABASE_URL: config.databaseUrl,
    RECONCILE_SECONDS: String((config.reconcileMs ?? 0) / 1000),
    LIMIT_REQUEST_SECONDS: String(config.limits.requestMs / 1000),
    SANDBOX_PORT: String(sandbox.port),
    SANDBOX_STATE_FILE: readSandboxConfig({}).stateFile,
  });
});

test("the README names only variables that are read", () => {
  const [, paragraph = ""] = section(readme, "Settings").split("\n\n");
  const named = codeOf(paragraph).flatMap((code) => code.match(/^[A-Z]+(?:_[A-Z]+)+/)?.[0] ?? []);
  expect(named.length).toBeGreaterThan(5);
  expect(named.filter((name) => !namesRead.has(name))).toEqual([]);
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

const runbook = "docs/operations/runbook.md";
const exampleNotes = ["", "react-hook/", "apollo-upload/", "partner-script/", "curl/"].map(
  (folder) => `examples/${folder}README.md`,
);

test.each([...pages, runbook, ...exampleNotes, "CONTRIBUTING.md", "CHANGELOG.md"])(
  "%s links only to what is there",
  (page) => {
    const links = [...readPage(page).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = ""]) => link);
    const broken = links.filter((link) => !/^https?:/.test(link) && !isThere(page, link));
    expect(broken).toEqual([]);
  },
);

test("the runbook names only settings, alerts and scripts that exist, and every alert leads to a section of it", () => {
  const page = readPage(runbook);
  const alerts = readPage("ops/prometheus/alerts.yml");
  const raised = [...alerts.matchAll(/- alert: (\w+)/g)].map(([, name]) => name);
  const codes = codeOf(page);
  // Two words or more that begin with capitals, e.g. PayoutsUnconfirmed.
  const namedAlerts = codes.filter((code) => /^[A-Z][a-z]+([A-Z][a-z]+)+$/.test(code));
  expect(namedAlerts.filter((name) => !raised.includes(name))).toEqual([]);
  expect(raised.filter((name) => !namedAlerts.includes(name as string))).toEqual([]);
  const settings = codes.filter((code) => /^[A-Z]+_[A-Z_]+$/.test(code) && /_(MS|URL|SECRET|LIMIT)$/.test(code));
  expect(settings.filter((name) => !namesRead.has(name))).toEqual([]);
  const scripts = codes.flatMap((code) => [...code.matchAll(/node (ops\/\S+)/g)].map(([, path = ""]) => path));
  expect(scripts.filter((path) => !existsSync(path))).toEqual([]);
  const targets = [...alerts.matchAll(/runbook: (\S+)/g)].map(([, target = ""]) => target);
  expect(targets.filter((target) => !isThere("", target))).toEqual([]);
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

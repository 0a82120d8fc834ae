// A release, made in a copy of this checkout: packed, installed in an empty folder, and put to work from there.

import { type ExecFileException, execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { promisify } from "node:util";
import { jest } from "@jest/globals";
import { faultsOfPackage, needed } from "../scripts/release/check-package.js";

// Each release builds, installs and starts what it made; on a slow machine, beside other tests, that takes minutes.
jest.setTimeout(300_000);

const version = "99.0.0";
const root = process.cwd();
const left = new Set(["node_modules", "dist", "data", ".git", "release", "coverage", "screenshots"]);

let folder: string;
let checkout: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "payout-gateway-checkout-"));
  checkout = join(folder, "checkout");
  await cp(root, checkout, {
    recursive: true,
    filter: (path) => path === root || !left.has(basename(path)) || path.endsWith("scripts/release"),
  });
  for (const path of ["node_modules", "dashboard/node_modules"].filter((each) => existsSync(each))) {
    await symlink(join(root, path), join(checkout, path));
  }
});
afterEach(() => rm(folder, { recursive: true, force: true }));

interface Ended {
  code: number;
  output: string;
  errors: string;
}

function run(program: string, ...args: string[]): Promise<Ended> {
  // Whatever is configured for whoever runs the tests stays out of it, and so does npm's word on newer versions of itself.
  const env = { PATH: process.env.PATH, HOME: folder, npm_config_update_notifier: "false" };
  return promisify(execFile)(program, args, { cwd: checkout, env }).then(
    ({ stdout, stderr }) => ({ code: 0, output: stdout, errors: stderr }),
    ({ code, stdout, stderr }: ExecFileException & { stdout: string; stderr: string }) => ({
      code: Number(code),
      output: stdout,
      errors: stderr,
    }),
  );
}

const release = (...args: string[]) => run("node", "scripts/release.js", ...args);

async function commitAll(): Promise<void> {
  // A symlink is no folder, which is what .gitignore speaks of.
  await run("git", "init", "--quiet", "--initial-branch", "main");
  await writeFile(join(checkout, ".git/info/exclude"), "node_modules\n");
  await run("git", "config", "user.name", "Tester");
  await run("git", "config", "user.email", "tester@example.com");
  await run("git", "add", "--all");
  expect(await run("git", "commit", "--quiet", "--message", "all")).toMatchObject({ code: 0 });
}

async function edit(path: string, change: (text: string) => string): Promise<void> {
  const text = await readFile(join(checkout, path), "utf8");
  const changed = change(text);
  expect(changed).not.toBe(text);
  await writeFile(join(checkout, path), changed);
}

test("a release does the main job from an empty folder, and is committed and tagged", async () => {
  const news = "### Added\n\n- Something that was not there.\n";
  await edit("CHANGELOG.md", (text) =>
    text.replace(/## \[Unreleased\][\s\S]*?(?=\n## \[)/, `## [Unreleased]\n\n${news}`),
  );
  await commitAll();

  const made = await release(version, "--offline");
  expect(made).toMatchObject({ code: 0, errors: "" });
  expect(made.output).toContain("The main job is done, from an empty folder.");

  const today = new Date().toISOString().slice(0, 10);
  expect(await readFile(join(checkout, "CHANGELOG.md"), "utf8")).toContain(
    `## [Unreleased]\n\n## [${version}] - ${today}\n\n${news}\n## [`,
  );
  for (const path of ["package.json", "package-lock.json"]) {
    expect(JSON.parse(await readFile(join(checkout, path), "utf8")).version).toBe(version);
  }
  const bill = JSON.parse(await readFile(join(checkout, `release/payout-gateway-${version}.cdx.json`), "utf8"));
  expect(bill.metadata.component).toMatchObject({ name: "payout-gateway", version });
  expect(bill.components.map(({ name }: { name: string }) => name)).toEqual(
    expect.arrayContaining(["fastify", "kysely"]),
  );
  expect((await run("git", "tag", "--list")).output).toBe(`v${version}\n`);
  expect((await run("git", "log", "-1", "--format=%s%d")).output).toContain(
    `chore(release): ${version} (HEAD -> main, tag: v${version}`,
  );
  expect((await run("git", "status", "--porcelain")).output).toBe("");
  // The same one again, or an earlier one, is none.
  expect((await release(version)).errors).toContain(`${version} is not above ${version}.`);
  expect((await release("0.0.9")).errors).toContain(`0.0.9 is not above ${version}.`);
});

test("a release that fails leaves the checkout as it was", async () => {
  await edit("package.json", (text) => text.replace(/"prepack": ".*"/, '"prepack": "false"'));
  await commitAll();
  expect(await release(version, "--offline")).toMatchObject({ code: 1 });
  expect((await run("git", "status", "--porcelain")).output).toBe("");
  expect((await run("git", "tag", "--list")).output).toBe("");
});

test("a release is made of what is committed on main, under a version that is none yet, and of news", async () => {
  await commitAll();
  expect((await release("1.0")).errors).toContain("Usage: ");
  await run("git", "tag", `v${version}`);
  expect((await release(version)).errors).toContain(`There is a tag v${version} already.`);
  await run("git", "tag", "--delete", `v${version}`);
  await run("git", "switch", "--create", "other");
  expect((await release(version)).errors).toContain("Releases are made on main, not on other.");
  await run("git", "switch", "main");
  await edit("README.md", (text) => `${text}More.\n`);
  expect((await release(version)).errors).toContain("The checkout has changes: commit them first.");
  await edit("CHANGELOG.md", (text) => text.replace(/(## \[Unreleased\]\n)[\s\S]*?(?=\n## \[)/, "$1"));
  await commitAll();
  expect((await release(version)).errors).toContain("nothing under Unreleased");
});

test("a package that lacks a file, or has one too many, is not right", async () => {
  const write = async (path: string, text = "") => {
    await mkdir(join(folder, "package", dirname(path)), { recursive: true });
    await writeFile(join(folder, "package", path), text);
  };
  for (const path of needed) await write(path);
  expect(faultsOfPackage(join(folder, "package"))).toEqual([]);
  await rm(join(folder, "package/dist/dashboard/index.html"));
  const ending = "//# sourceMappingURL=cli.js.map\n";
  await write("dist/cli.js", ending);
  await write("src/cli.ts");
  await write("package.json", JSON.stringify({ dependencies: { kysely: "1" } }));
  await write(
    "dist/late.js",
    'import { readFileSync } from "node:fs";\nconst { Pool } = await import("pg/lib");\nimport "kysely";\n',
  );
  await write("docs/.env", `-----BEGIN EC ${"PRIVATE"} KEY-----`);
  expect(faultsOfPackage(join(folder, "package")).sort()).toEqual([
    "dist/cli.js names a source map that is not there.",
    "dist/dashboard/index.html is missing.",
    "dist/late.js imports pg, which is not among the dependencies.",
    "docs/.env does not belong there.",
    "docs/.env holds what looks like a secret.",
    "src/cli.ts does not belong there.",
  ]);
});

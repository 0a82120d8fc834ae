// The page as it is delivered: the build that is there where it is newer than its sources, else one of our own.

import { execFile } from "node:child_process";
import { mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
const folders: string[] = [];

afterAll(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
});

let built: Promise<string> | null = null;

/** The folder of the built page. */
export function dashboardBuild(): Promise<string> {
  built ??= findOrBuild();
  return built;
}

async function findOrBuild(): Promise<string> {
  const present = join(process.cwd(), "dist/dashboard");
  const builtAt = await timeOf(join(present, "index.html"));
  if (builtAt !== null && builtAt > (await newestSource())) return present;
  return buildDashboard();
}

/** Builds the page to a folder of its own. */
export async function buildDashboard(environment: Record<string, string> = {}): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "dashboard-build-"));
  folders.push(folder);
  const env = { ...process.env, ...environment };
  const cwd = join(process.cwd(), "dashboard");
  await run(process.execPath, ["generate-types.js"], { cwd, env });
  const vite = join(process.cwd(), "node_modules/vite/bin/vite.js");
  await run(process.execPath, [vite, "build", "--outDir", folder], { cwd, env });
  return folder;
}

async function newestSource(): Promise<number> {
  const names = await readdir("dashboard", { recursive: true });
  const sources = names.filter((name) => !/^node_modules|generated/.test(name)).map((name) => join("dashboard", name));
  const times = await Promise.all([...sources, "schema.graphql"].map(timeOf));
  return Math.max(...times.map((time) => time ?? 0));
}

async function timeOf(path: string): Promise<number | null> {
  const found = await stat(path).catch(() => null);
  return found?.mtimeMs ?? null;
}

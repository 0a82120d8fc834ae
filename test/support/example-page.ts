// An example's page: built and served by Vite in a process of its own, with `/graphql` passed on to a gateway.

import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
const vite = join(process.cwd(), "node_modules/vite/bin/vite.js");
const serving = new Set<ChildProcess>();
const builds = new Map<string, string>();

afterEach(async () => {
  for (const server of serving) {
    const ended = once(server, "close");
    server.kill("SIGKILL");
    await ended;
  }
  serving.clear();
});

afterAll(async () => {
  for (const folder of builds.values()) await rm(folder, { recursive: true, force: true });
});

/** The page's URL, until the test ends. */
export async function serveExample(name: string, gatewayUrl: string): Promise<string> {
  const cwd = join(process.cwd(), "examples", name);
  const folder = builds.get(name) ?? (await mkdtemp(join(tmpdir(), `example-${name}-`)));
  if (!builds.has(name)) {
    builds.set(name, folder);
    await run(process.execPath, [vite, "build", "--outDir", folder], { cwd });
  }
  const server = spawn(process.execPath, [vite, "preview", "--outDir", folder, "--port", "0"], {
    cwd,
    env: { ...process.env, GATEWAY_URL: gatewayUrl, NO_COLOR: "1" },
    // It says what the line that a test cuts has done to it.
    stdio: ["ignore", "pipe", "ignore"],
  });
  serving.add(server);
  let output = "";
  for await (const text of server.stdout) {
    output += text;
    const [url] = /http:\/\/127\.0\.0\.1:\d+/.exec(output) ?? [];
    if (!url) continue;
    return url;
  }
  throw new Error(`Vite has ended: ${output}`);
}

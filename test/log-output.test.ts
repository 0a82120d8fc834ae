// The log goes to a disk or a pipe that can fail. The gateway goes on without it, and ends when it is told to.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import { join } from "node:path";
import { type Build, buildGateway } from "./support/built-gateway.js";
import { eventually } from "./support/eventually.js";
import { freePort } from "./support/free-port.js";

const shutdownTimeoutMs = 5_000;
let build: Build;
const children = new Set<ChildProcess>();

beforeAll(async () => {
  build = await buildGateway();
}, 120_000);
afterEach(() => {
  for (const child of children) child.kill("SIGKILL");
  children.clear();
});
afterAll(() => build.remove());

async function start(output: number | "pipe") {
  const port = await freePort();
  const { PATH = "" } = process.env;
  const child = spawn(process.execPath, [join(build.directory, "dist/index.js")], {
    cwd: build.directory,
    stdio: ["ignore", output, output],
    env: {
      PATH,
      PORT: String(port),
      SANDBOX_PORT: "0",
      DATABASE_URL: "sqlite::memory:",
      LOG_LEVEL: "debug",
      SHUTDOWN_TIMEOUT_MS: String(shutdownTimeoutMs),
    },
  });
  children.add(child);
  const url = `http://127.0.0.1:${port}`;
  await eventually(async () => (await fetch(`${url}/livez`).catch(() => null))?.status === 200);
  return { child, url };
}

/** Each request is a line of some hundred bytes in the log. */
async function serves(url: string, requests: number): Promise<void> {
  for (let sent = 0; sent < requests; sent += 100) {
    const statuses = await Promise.all(
      Array.from({ length: 100 }, async () => {
        const response = await fetch(`${url}/livez`);
        await response.arrayBuffer();
        return response.status;
      }),
    );
    expect(new Set(statuses)).toEqual(new Set([200]));
  }
  const query = await fetch(`${url}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ query: "{ customers(first: 1) { totalCount } }" }),
  });
  expect(await query.json()).toEqual({ data: { customers: { totalCount: 0 } } });
}

async function endsInTime(child: ChildProcess): Promise<void> {
  const ended = once(child, "exit");
  const startedAt = performance.now();
  child.kill("SIGTERM");
  const [code] = await ended;
  expect({ code, isInTime: performance.now() - startedAt < shutdownTimeoutMs }).toEqual({ code: 0, isInTime: true });
}

test("a log on a full disk stops nothing", async () => {
  const full = openSync("/dev/full", "w");
  try {
    const { child, url } = await start(full);
    await serves(url, 300);
    await endsInTime(child);
  } finally {
    closeSync(full);
  }
});

test("a log into a closed pipe stops nothing", async () => {
  const { child, url } = await start("pipe");
  child.stdout?.destroy();
  child.stderr?.destroy();
  await serves(url, 300);
  await endsInTime(child);
});

test("a log into a pipe whose reader has stopped blocks nothing, and what was dropped is counted", async () => {
  const { child, url } = await start("pipe");
  // Nobody reads: the pipe holds 64 kB, the gateway as much as it is allowed to.
  await serves(url, 6_000);
  let output = "";
  child.stdout?.setEncoding("utf8").on("data", (text: string) => {
    output += text;
  });
  await eventually(async () => {
    await serves(url, 100);
    return /"lines":\d+,"msg":"log lines were dropped"/.test(output);
  });
  child.stdout?.pause();
  await serves(url, 1_000);
  await endsInTime(child);
}, 60_000);

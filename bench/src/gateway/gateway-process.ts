// The product as it is run: `dist/index.js` in a process of its own.

import { spawn } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { keepTrackOf, stopChild } from "../machine/children.js";
import { nowMs } from "../machine/clock.js";
import { freePort } from "../machine/free-port.js";

export interface GatewayProcess {
  readonly pid: number;
  readonly url: string;
  /** From the start of the process to the first good answer of `/readyz`. */
  readonly readyMs: number;
  /** Ends it at the latest after that long. */
  stop(patienceMs?: number): Promise<void>;
}

const entry = fileURLToPath(new URL("../../../dist/index.js", import.meta.url));
const patienceMs = 60_000;
const askEveryMs = 5;

export async function startGatewayProcess(
  environment: Record<string, string>,
  options: { port?: number; nodeArgs?: string[] } = {},
): Promise<GatewayProcess> {
  const port = options.port ?? (await freePort());
  const startedAt = nowMs();
  const child = spawn(process.execPath, [...(options.nodeArgs ?? []), entry], {
    env: { PORT: String(port), ...environment },
    stdio: ["ignore", "ignore", "pipe"],
  });
  keepTrackOf(child);
  let complaints = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    complaints += text;
  });
  const url = `http://127.0.0.1:${port}`;
  while (!(await isReady(url))) {
    if (child.exitCode !== null) throw new Error(`The gateway did not start: ${complaints}`);
    if (nowMs() - startedAt > patienceMs) throw new Error("The gateway was not ready in time.");
    await sleep(askEveryMs);
  }
  return { pid: child.pid as number, url, readyMs: nowMs() - startedAt, stop: (ms) => stopChild(child, ms) };
}

async function isReady(url: string): Promise<boolean> {
  try {
    const response = await fetch(`${url}/readyz`);
    await response.arrayBuffer();
    return response.ok;
  } catch {
    return false;
  }
}

// What stands before several nodes: a balancer that asks them whether they are ready, and nginx as ops/ sets it, which only
// hears of a node that it could not reach.

import { type ChildProcess, execFileSync, fork, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { eventually } from "./eventually.js";
import { freePort } from "./free-port.js";

export interface ReverseProxy {
  url: string;
  /** Until it knows that all nodes are ready, where it asks them. */
  untilAllReady(): Promise<unknown>;
  stop(): Promise<void>;
}

const balancer = fileURLToPath(new URL("balancer-process.js", import.meta.url));
const nginx = process.env.NGINX || "nginx";

export async function startBalancer(ports: readonly number[]): Promise<ReverseProxy> {
  const process = fork(balancer, ports.map(String), { execArgv: [] });
  const [url] = (await once(process, "message")) as [string];
  let ready = 0;
  process.on("message", (count: number) => {
    ready = count;
  });
  return {
    url,
    untilAllReady: () => eventually(async () => ready === ports.length),
    stop: () => ended(process, "SIGTERM"),
  };
}

/** Why nginx cannot be run here; null where it can. */
export function nginxIsMissing(): string | null {
  return spawnSync(nginx, ["-v"]).error?.message ?? null;
}

/** The settings in ops/, on ports of this machine, and with what nginx writes in a folder of its own. */
export async function startNginx(ports: readonly number[]): Promise<ReverseProxy> {
  const directory = await mkdtemp(join(tmpdir(), "payout-gateway-nginx-"));
  const port = await freePort();
  const file = join(directory, "nginx.conf");
  const kinds = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
  const folders = kinds.map((kind) => `${kind}_temp_path ${directory}/${kind};`).join("\n");
  let settings = await readFile("ops/nginx/nginx.conf", "utf8");
  for (const [index, nodePort] of ports.entries()) {
    settings = settings.replace(`gateway-${index + 1}:4000`, `127.0.0.1:${nodePort}`);
  }
  settings = settings
    .replace("pid /tmp/nginx.pid;", `pid ${directory}/nginx.pid;`)
    .replace("listen 8080;", `listen 127.0.0.1:${port};`)
    .replace("http {", `http {\n${folders}`);
  await writeFile(file, settings);
  const options = ["-e", "stderr", "-p", directory, "-c", file];
  execFileSync(nginx, [...options, "-t", "-q"]);
  const process = spawn(nginx, [...options, "-g", "daemon off;"], { stdio: "ignore" });
  await eventually(() => isListening(port));
  return {
    url: `http://127.0.0.1:${port}`,
    untilAllReady: async () => {},
    stop: async () => {
      await ended(process, "SIGTERM");
      await rm(directory, { recursive: true });
    },
  };
}

async function ended(process: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  const exit = once(process, "exit");
  process.kill(signal);
  await exit;
}

async function isListening(port: number): Promise<boolean> {
  const socket = connect(port, "127.0.0.1");
  const isOpen = await once(socket, "connect").then(
    () => true,
    () => false,
  );
  socket.destroy();
  return isOpen;
}

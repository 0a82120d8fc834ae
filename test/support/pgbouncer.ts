// A PgBouncer of the test's own before PostgreSQL, in transaction mode as Debian's package has it.

import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "./free-port.js";

const program = find();
const running = new Set<() => Promise<void>>();

afterEach(async () => {
  for (const stop of running) await stop();
  running.clear();
});

/** `describe`, or `describe.skip` with the reason printed: nobody has to have it. */
export function describeWithPgbouncer(): typeof describe | typeof describe.skip {
  if (program !== null) return describe;
  process.stderr.write("Skipped: pgbouncer is not installed (Debian: apt-get install pgbouncer).\n");
  return describe.skip;
}

/** Answers the URL of the same database behind it. */
export async function startPgbouncer(databaseUrl: string, settings: readonly string[] = []): Promise<string> {
  const { hostname, port, pathname, username, password } = new URL(databaseUrl);
  const folder = await mkdtemp(join(tmpdir(), "pgbouncer-"));
  // It refuses to run as root, and gives up root's rights for those of this user.
  await chmod(folder, 0o755);
  const listenPort = await freePort();
  const file = join(folder, "pgbouncer.ini");
  const secret = password ? ` password=${decodeURIComponent(password)}` : "";
  const lines = [
    "[databases]",
    `* = host=${hostname} port=${port || 5432} user=${username}${secret}`,
    "[pgbouncer]",
    "listen_addr = 127.0.0.1",
    `listen_port = ${listenPort}`,
    "unix_socket_dir =",
    "auth_type = any",
    "pool_mode = transaction",
    "default_pool_size = 5",
    "max_client_conn = 200",
    ...settings,
  ];
  await writeFile(file, `${lines.join("\n")}\n`, { mode: 0o644 });
  const asUser = process.getuid?.() === 0 ? ["-u", "nobody"] : [];
  const child = spawn(program as string, [...asUser, file], { stdio: "ignore" });
  running.add(async () => {
    if (child.exitCode === null) {
      child.kill("SIGKILL");
      await once(child, "close");
    }
    await rm(folder, { recursive: true, force: true });
  });
  await listening(listenPort, child);
  return `postgres://${username}@127.0.0.1:${listenPort}${pathname}`;
}

async function listening(port: number, child: ChildProcess): Promise<void> {
  for (;;) {
    const socket = connect(port, "127.0.0.1");
    const isOpen = await new Promise<boolean>((resolve) => {
      socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
    });
    socket.destroy();
    if (isOpen) return;
    if (child.exitCode !== null) throw new Error(`pgbouncer ended with ${child.exitCode}.`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function find(): string | null {
  try {
    return execFileSync("which", ["pgbouncer"], {
      encoding: "utf8",
      env: { PATH: `${process.env.PATH}:/usr/sbin` },
    }).trim();
  } catch {
    return null;
  }
}

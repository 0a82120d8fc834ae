// The product as it is run: compiled, each part in a process of its own.

import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

export interface Build {
  /** A folder that may be written to; it goes with the build. */
  directory: string;
  run(script: string, environment?: Record<string, string>, args?: string[]): RunningProcess;
  remove(): Promise<void>;
}

/** Builds the sources to a folder of its own. Types are checked elsewhere. */
export async function buildGateway(): Promise<Build> {
  const directory = await mkdtemp(join(tmpdir(), "payout-gateway-build-"));
  const root = process.cwd();
  for (const name of ["node_modules", "package.json"]) await symlink(join(root, name), join(directory, name));
  const compiler = join(root, "node_modules/typescript/bin/tsc");
  const options = ["-p", "tsconfig.json", "--noCheck", "--sourceMap", "false", "--outDir", join(directory, "dist")];
  const run = (...args: string[]) => promisify(execFile)(process.execPath, args, { cwd: root });
  await run(compiler, ...options);
  await run("scripts/bundle.js", join(directory, "dist/index.js"));
  const running = new Set<RunningProcess>();
  return {
    directory,
    run: (script, environment = {}, args = []) => {
      const started = new RunningProcess(directory, script, environment, args);
      running.add(started);
      return started;
    },
    remove: async () => {
      for (const process of running) await process.kill();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

export class RunningProcess {
  output = "";
  errors = "";
  readonly #child: ChildProcess;
  readonly #exit: Promise<number | null>;

  constructor(directory: string, script: string, environment: Record<string, string>, args: string[]) {
    const { PATH = "" } = process.env;
    this.#child = spawn(process.execPath, [join(directory, "dist", script), ...args], {
      cwd: directory,
      // Nothing of the environment in which the tests run gets through.
      env: { PATH, ...environment },
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      this.output += text;
    });
    this.#child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.errors += text;
    });
    this.#exit = once(this.#child, "close").then(([code]) => code as number | null);
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Null where a signal ended it. */
  get exitCode(): Promise<number | null> {
    return this.#exit;
  }

  /** The first group of the pattern, once the process has printed it. */
  async printed(pattern: RegExp): Promise<string> {
    const { stdout } = this.#child;
    const hasEnded = this.#exit.then(() => true);
    for (;;) {
      const found = pattern.exec(this.output);
      if (found) return found[1] ?? found[0];
      const isOver = await Promise.race([hasEnded, once(stdout as NodeJS.ReadableStream, "data").then(() => false)]);
      if (isOver && !pattern.test(this.output)) throw new Error(`It ended before: ${this.output}${this.errors}`);
    }
  }

  /** Asks it to stop, and answers its exit code and how long it took. */
  async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<{ exitCode: number | null; tookMs: number }> {
    const startedAtMs = performance.now();
    this.#child.kill(signal);
    return { exitCode: await this.#exit, tookMs: performance.now() - startedAtMs };
  }

  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#exit;
  }
}

// The TypeScript of the pages: each block is a module, is checked as strictly as the examples are, and is run by Node with
// the browser's WebSocket, which Node 20 does not have.

import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
const withinMs = 60_000;
const preload = `import WebSocket from "ws"; globalThis.WebSocket ??= WebSocket;`;

export interface Script {
  /** Unique, fit for a file name. */
  name: string;
  text: string;
}

export class Scripts {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** Checks all of them; what the compiler says of one fails it. */
  static async compile(scripts: readonly Script[]): Promise<Scripts> {
    const folder = await mkdtemp(join(tmpdir(), "docs-"));
    const root = process.cwd();
    await symlink(join(root, "node_modules"), join(folder, "node_modules"));
    await mkdir(join(folder, "src"));
    const config = {
      extends: join(root, "examples/tsconfig.json"),
      compilerOptions: { noEmit: false, outDir: "dist", rootDir: "src", types: ["node"] },
      include: ["src"],
    };
    await writeFile(join(folder, "tsconfig.json"), JSON.stringify(config));
    await writeFile(join(folder, "package.json"), JSON.stringify({ type: "module" }));
    await writeFile(join(folder, "preload.js"), preload);
    for (const { name, text } of scripts) await writeFile(join(folder, "src", `${name}.ts`), text);
    const compiler = join(root, "node_modules/typescript/bin/tsc");
    const compiled = new Scripts(folder);
    await run(process.execPath, [compiler, "-p", folder]).catch(async (error: { stdout: string }) => {
      await compiled.remove();
      throw new Error(error.stdout);
    });
    return compiled;
  }

  /** What it prints. `settle` puts the run's own values into its text. */
  async run(name: string, settle: (text: string) => string, environment: Record<string, string> = {}): Promise<string> {
    const text = await readFile(join(this.#folder, "dist", `${name}.js`), "utf8");
    const path = join(this.#folder, "dist", `${name}.settled.js`);
    await writeFile(path, settle(text));
    const { stdout } = await run(process.execPath, ["--import", join(this.#folder, "preload.js"), path], {
      timeout: withinMs,
      env: { ...process.env, ...environment },
    });
    return stdout;
  }

  async remove(): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
  }
}

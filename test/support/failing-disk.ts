// A disk that fails when a test says so, for a process that is started with its environment. Needs a C compiler.

import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const source = join(process.cwd(), "test/support/failing-disk.c");
const folder = mkdtempSync(join(tmpdir(), "failing-disk-"));
const library = join(folder, "failing-disk.so");
const reason = compile();

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** `describe`, or `describe.skip` with the reason printed. */
export function describeWithFailingDisk(): typeof describe | typeof describe.skip {
  if (reason === null) return describe;
  process.stderr.write(`Skipped: the library that makes a disk fail could not be compiled (${reason}).\n`);
  return describe.skip;
}

export class FailingDisk {
  readonly environment: Record<string, string>;
  readonly #file: string;

  /** Everything under the folder is on it. */
  constructor(path: string) {
    this.#file = join(mkdtempSync(join(folder, "fault-")), "fault");
    this.environment = { LD_PRELOAD: library, TEST_DISK_FAULT: this.#file, TEST_DISK_FOLDER: path };
  }

  fail(how: "full" | "fsync"): void {
    writeFileSync(this.#file, how);
  }

  recover(): void {
    rmSync(this.#file);
  }
}

function compile(): string | null {
  if (process.platform !== "linux") return "it is for Linux";
  try {
    execFileSync("gcc", ["-shared", "-fPIC", "-o", library, source, "-ldl"], { stdio: "pipe" });
    return null;
  } catch (error) {
    return (error as Error).message;
  }
}

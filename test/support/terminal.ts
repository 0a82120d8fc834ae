// A shell that a reader of the documentation would type into.

import { type ChildProcess, spawn, spawnSync } from "node:child_process";

/** Whether the commands of the documentation can be run on this machine. */
export const hasTerminal = ["bash", "curl", "sed", "base64"].every(
  (tool) => spawnSync(tool, ["--version"], { stdio: "ignore" }).error === undefined,
);

export class Terminal {
  readonly #shell: ChildProcess;
  #shown = "";
  #onOutput = () => {};
  #serial = 0;

  constructor(folder: string, environment: Readonly<Record<string, string>> = {}) {
    // A group of its own: what was started in it ends with it.
    this.#shell = spawn("bash", {
      cwd: folder,
      detached: true,
      env: { ...process.env, ...environment },
      stdio: ["pipe", "pipe", "inherit"],
    });
    this.#shell.stdout?.setEncoding("utf8").on("data", (text: string) => {
      this.#shown += text;
      this.#onOutput();
    });
    this.#shell.once("exit", () => this.#onOutput());
  }

  /** Types the commands and answers what they showed; the last of them has to succeed. */
  async run(commands: string): Promise<string> {
    const start = this.#shown.length;
    const end = `\n(end ${++this.#serial}:`;
    this.type(`${commands}\nprintf '\\n(end ${this.#serial}:%s)\\n' "$?"`);
    await this.shows(end);
    await this.shows(")\n", this.#shown.indexOf(end, start));
    const shown = this.#shown.slice(start, this.#shown.indexOf(end, start));
    const [, status] = /^(\d+)\)/.exec(this.#shown.slice(this.#shown.indexOf(end, start) + end.length)) ?? [];
    if (status !== "0") throw new Error(`It ended with ${status}, after ${JSON.stringify(shown)}.`);
    return shown;
  }

  /** Types a command that does not end by itself. */
  type(command: string): void {
    this.#shell.stdin?.write(`${command}\n`);
  }

  /** Waits until the text has been shown. */
  async shows(text: string, from = 0): Promise<void> {
    await this.showsThat((shown) => shown.includes(text, from), JSON.stringify(text));
  }

  /** Waits until what has been shown is what is looked for. */
  async showsThat(isThere: (shown: string) => boolean, name: string): Promise<void> {
    while (!isThere(this.#shown)) {
      if (this.#shell.exitCode !== null) throw new Error(`The shell ended before it showed ${name}.`);
      await new Promise<void>((resolve) => {
        this.#onOutput = resolve;
      });
    }
  }

  get shown(): string {
    return this.#shown;
  }

  async close(): Promise<void> {
    const { pid, exitCode } = this.#shell;
    if (pid === undefined || exitCode !== null) return;
    const closed = new Promise((resolve) => this.#shell.once("close", resolve));
    process.kill(-pid, "SIGKILL");
    await closed;
  }
}

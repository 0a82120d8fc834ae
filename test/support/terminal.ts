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

  constructor(folder: string) {
    // A group of its own: what was started in it ends with it.
    this.#shell = spawn("bash", { cwd: folder, detached: true, stdio: ["pipe", "pipe", "inherit"] });
    this.#shell.stdout?.setEncoding("utf8").on("data", (text: string) => {
      this.#shown += text;
      this.#onOutput();
    });
    this.#shell.once("exit", () => this.#onOutput());
  }

  /** Types the commands and answers what they showed. */
  async run(commands: string): Promise<string> {
    const start = this.#shown.length;
    const end = `\n(end ${++this.#serial})\n`;
    this.type(`${commands}\nprintf '\\n(end ${this.#serial})\\n'`);
    await this.shows(end);
    return this.#shown.slice(start, this.#shown.indexOf(end, start));
  }

  /** Types a command that does not end by itself. */
  type(command: string): void {
    this.#shell.stdin?.write(`${command}\n`);
  }

  /** Waits until the text has been shown. */
  async shows(text: string): Promise<void> {
    while (!this.#shown.includes(text)) {
      if (this.#shell.exitCode !== null) throw new Error(`The shell ended before it showed ${JSON.stringify(text)}.`);
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

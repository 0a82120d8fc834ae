// Processes that have the product loaded and wait to be a node.

import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { Order, Report } from "./gateway-child.js";

const entry = fileURLToPath(new URL("./gateway-child.js", import.meta.url));
// Most of what a node costs is loading the product: less of it goes to the garbage collector in a bigger nursery.
const execArgv = ["--max-semi-space-size=64", "--min-semi-space-size=32", "--enable-source-maps"];
const answerWithinMs = 60_000;

export class NodeProcess {
  readonly #child: ChildProcess;
  readonly ready: Promise<unknown>;
  readonly exited: Promise<void>;
  isAlive = true;

  constructor() {
    this.#child = fork(entry, { execArgv, stdio: ["ignore", "inherit", "inherit", "ipc"] });
    this.exited = once(this.#child, "exit").then(() => {
      this.isAlive = false;
    });
    this.ready = this.#report();
    this.ready.catch(() => {});
    // An order to a process that was killed in this very moment.
    this.#child.on("error", () => {});
  }

  /** Rejects where the process dies before it has answered; one that does not answer is not used any more. */
  async give(order: Order): Promise<Report> {
    try {
      await this.ready;
      const answer = this.#report();
      if (this.#child.connected) this.#child.send(order, () => {});
      return await answer;
    } catch (error) {
      this.kill();
      throw error;
    }
  }

  kill(): void {
    this.#child.kill("SIGKILL");
  }

  async #report(): Promise<Report> {
    const late = AbortSignal.timeout(answerWithinMs);
    const died = this.exited.then(() => {
      throw new NodeDied();
    });
    const [report] = (await Promise.race([once(this.#child, "message", { signal: late }), died])) as [Report];
    if (report.report === "failed") throw new Error(`A node could not do what it was told: ${report.reason}`);
    return report;
  }
}

export class NodeDied extends Error {
  override readonly name = "NodeDied";
}

export class NodePool {
  readonly #spare: number;
  #idle: NodeProcess[] = [];
  readonly #all = new Set<NodeProcess>();
  #isClosed = false;

  constructor(spare: number) {
    this.#spare = spare;
    this.#fill();
  }

  take(): NodeProcess {
    const node = this.#idle.shift() ?? this.#create();
    this.#fill();
    return node;
  }

  /** Takes back a node that was stopped. */
  giveBack(node: NodeProcess): void {
    if (node.isAlive && !this.#isClosed) this.#idle.unshift(node);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    for (const node of this.#all) node.kill();
    await Promise.all([...this.#all].map((node) => node.exited));
  }

  #fill(): void {
    while (!this.#isClosed && this.#idle.length < this.#spare) this.#idle.push(this.#create());
  }

  #create(): NodeProcess {
    const node = new NodeProcess();
    this.#all.add(node);
    void node.exited.then(() => {
      this.#all.delete(node);
      this.#idle = this.#idle.filter((idle) => idle !== node);
    });
    return node;
  }
}

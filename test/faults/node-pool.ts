// Processes that have the product loaded and wait to be a node.

import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Order, Report } from "./gateway-child.js";

/** Another build's, where one is named. */
const entry = process.env.FAULTS_NODE ?? fileURLToPath(new URL("./gateway-child.js", import.meta.url));
/** Without it, as where there is no C compiler, disks are always whole. */
const diskLibrary = process.env.FAULTS_DISK_LIBRARY;
const diskDirectory = process.env.FAULTS_DISK_DIRECTORY ?? "";
const diskModes = { whole: 0, full: 1, "fsync fails": 2 };
// The flags that the product was compiled under.
const flags = process.env.FAULTS_NODE_FLAGS;
const execArgv = [...(flags ? flags.split(" ") : []), "--enable-source-maps"];
const answerWithinMs = 60_000;

export class NodeProcess {
  readonly #child: ChildProcess;
  readonly ready: Promise<unknown>;
  readonly exited: Promise<void>;
  isAlive = true;

  constructor() {
    const disk = diskLibrary ? { LD_PRELOAD: diskLibrary, FAULTY_DISK_DIRECTORY: diskDirectory } : {};
    const env = { ...process.env, ...disk };
    this.#child = fork(entry, { execArgv, env, stdio: ["ignore", "inherit", "inherit", "ipc"] });
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

  /** Stands still, as under a debugger or on a host that is overcommitted. */
  pause(): void {
    this.#child.kill("SIGSTOP");
  }

  goOn(): void {
    this.#child.kill("SIGCONT");
  }

  /** Nothing is reported of it. */
  setClock(shiftMs: number): void {
    if (this.#child.connected) this.#child.send({ order: "clock", shiftMs }, () => {});
  }

  setDisk(mode: keyof typeof diskModes): void {
    const { pid } = this.#child;
    if (!diskLibrary || !pid || !this.isAlive) return;
    writeFileSync(join(diskDirectory, String(pid)), Buffer.from([diskModes[mode]]), { flag: "r+" });
  }

  async #report(): Promise<Report> {
    const late = AbortSignal.timeout(answerWithinMs);
    const died = this.exited.then(() => {
      throw new NodeDied();
    });
    const [report] = (await Promise.race([once(this.#child, "message", { signal: late }), died])) as [Report];
    if (report.report === "failed") throw new OrderFailed(report.reason);
    return report;
  }
}

export class OrderFailed extends Error {
  override readonly name = "OrderFailed";

  constructor(reason: string) {
    super(`A node could not do what it was told: ${reason}`);
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
    if (!node.isAlive || this.#isClosed) return;
    node.setDisk("whole");
    this.#idle.unshift(node);
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

// The reverse proxy of balancer-process.js, told what to do.

import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

const program = fileURLToPath(new URL("balancer-process.js", import.meta.url));

export class Balancer {
  readonly #process: ChildProcess;
  readonly #waiting = new Map<number, (answer: never) => void>();
  #lastId = 0;

  private constructor(process: ChildProcess) {
    this.#process = process;
    process.on("message", ({ id, answer }: { id: number; answer: never }) => {
      this.#waiting.get(id)?.(answer);
      this.#waiting.delete(id);
    });
  }

  static async start(): Promise<{ balancer: Balancer; url: string }> {
    const process = fork(program, { execArgv: [] });
    const [{ answer: url }] = (await once(process, "message")) as [{ answer: string }];
    return { balancer: new Balancer(process), url };
  }

  /** It is sent requests from now on, if it is ready. */
  async add(nodeUrl: string): Promise<void> {
    await this.#ask("add", nodeUrl);
  }

  async remove(nodeUrl: string): Promise<void> {
    await this.#ask("remove", nodeUrl);
  }

  /** How many requests were given to another node, since the first one's connection could not be had. */
  retried(): Promise<number> {
    return this.#ask("retried");
  }

  async stop(): Promise<void> {
    const ended = once(this.#process, "exit");
    this.#process.disconnect();
    await ended;
  }

  #ask<T>(name: string, value?: string): Promise<T> {
    this.#lastId += 1;
    const id = this.#lastId;
    return new Promise((resolve) => {
      this.#waiting.set(id, resolve);
      this.#process.send({ id, name, value });
    });
  }
}

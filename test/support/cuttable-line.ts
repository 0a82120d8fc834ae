// A network between a page and its gateway that can be cut, and that can fall silent without a word.

import type { AddressInfo } from "node:net";
import { connect, createServer, type Server, type Socket } from "node:net";

const lines = new Set<CuttableLine>();

afterEach(async () => {
  for (const line of lines) await line.close();
});

export class CuttableLine {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #isCut = false;

  private constructor(target: URL) {
    this.#server = createServer((near) => {
      const far = connect(Number(target.port), target.hostname);
      for (const socket of [near, far]) {
        this.#sockets.add(socket);
        socket.on("error", () => {});
        socket.on("close", () => this.#sockets.delete(socket));
      }
      near.pipe(far);
      far.pipe(near);
      near.on("close", () => far.destroy());
      far.on("close", () => near.destroy());
      if (this.#isCut) this.#pause(near, far);
    });
  }

  static async to(url: string): Promise<CuttableLine> {
    const line = new CuttableLine(new URL(url));
    lines.add(line);
    await new Promise<void>((resolve) => line.#server.listen(0, "127.0.0.1", resolve));
    return line;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** From now on nothing gets through, and nobody is told. */
  fallSilent(): void {
    this.#isCut = true;
    this.#pause(...this.#sockets);
  }

  /** Breaks every connection; what is opened meanwhile gets no answer. */
  cut(): void {
    this.#isCut = true;
    for (const socket of this.#sockets) socket.destroy();
  }

  mend(): void {
    this.#isCut = false;
    for (const socket of this.#sockets) socket.resume();
  }

  async close(): Promise<void> {
    lines.delete(this);
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #pause(...sockets: Socket[]): void {
    for (const socket of sockets) socket.pause();
  }
}

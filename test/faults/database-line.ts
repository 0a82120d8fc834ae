// The network between the nodes of one schedule and their PostgreSQL.

import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

export class DatabaseLine {
  readonly #sockets = new Set<Socket>();
  readonly #server;
  #isSilent = false;
  #isAway = false;

  private constructor(target: URL) {
    this.#server = createServer((near) => {
      if (this.#isAway) return void near.destroy();
      const far = connect(Number(target.port || 5432), target.hostname);
      for (const socket of [near, far]) {
        socket.setNoDelay(true);
        this.#sockets.add(socket);
        socket.on("error", () => {});
        socket.on("close", () => this.#sockets.delete(socket));
      }
      near.on("data", (bytes) => far.write(bytes));
      far.on("data", (bytes) => near.write(bytes));
      near.on("close", () => far.destroy());
      far.on("close", () => near.destroy());
      if (this.#isSilent) for (const socket of [near, far]) socket.pause();
    });
  }

  /** The line, and the database's URL through it. */
  static async to(databaseUrl: string): Promise<{ line: DatabaseLine; url: string }> {
    const url = new URL(databaseUrl);
    const line = new DatabaseLine(new URL(databaseUrl));
    line.#server.listen(0, "127.0.0.1");
    await once(line.#server, "listening");
    url.hostname = "127.0.0.1";
    url.port = String((line.#server.address() as AddressInfo).port);
    return { line, url: url.href };
  }

  /** Nothing gets through any more, and nobody is told. What was open stays lost, as behind a firewall that forgot it. */
  fallSilent(): void {
    this.#isSilent = true;
    for (const socket of this.#sockets) socket.pause();
  }

  goAway(): void {
    this.#isAway = true;
    for (const socket of this.#sockets) socket.destroy();
  }

  mend(): void {
    this.#isSilent = false;
    this.#isAway = false;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

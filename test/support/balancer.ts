// A small reverse proxy before several nodes, as an operator's would be set: it asks /readyz who may be sent something,
// tries another node only where nothing can have been done, and passes sockets through.

import { once } from "node:events";
import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import type { Duplex } from "node:stream";

const everyMs = 100;
const maxTries = 4;
const pauseMs = 50;

interface Node {
  url: URL;
  isReady: boolean;
}

export class Balancer {
  readonly #agent = new Agent({ keepAlive: true });
  readonly #server = createServer((incoming, outgoing) => void this.#serve(incoming, outgoing));
  readonly #sockets = new Set<Duplex>();
  readonly #nodes = new Map<string, Node>();
  #turn = 0;
  #timer: NodeJS.Timeout | undefined;
  /** Requests that were given to another node, since the first one's connection could not be had. */
  retried = 0;

  async start(): Promise<string> {
    this.#server.on("upgrade", (incoming, socket, head) => this.#pass(incoming, socket, head));
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    this.#timer = setInterval(() => void this.#look(), everyMs);
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async add(url: string): Promise<void> {
    this.#nodes.set(url, { url: new URL(url), isReady: false });
    await this.#look();
  }

  remove(url: string): void {
    this.#nodes.delete(url);
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    for (const socket of this.#sockets) socket.destroy();
    this.#server.closeAllConnections();
    this.#agent.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #look(): Promise<void> {
    await Promise.all(
      [...this.#nodes.values()].map(async (node) => {
        node.isReady = await fetch(`${node.url.origin}/readyz`).then(
          async (answer) => (await answer.arrayBuffer()) && answer.ok,
          () => false,
        );
      }),
    );
  }

  #pick(not?: Node): Node | null {
    const ready = [...this.#nodes.values()].filter((node) => node.isReady && node !== not);
    this.#turn += 1;
    return ready[this.#turn % Math.max(1, ready.length)] ?? null;
  }

  async #serve(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    let last: Node | undefined;
    for (let tries = 0; tries < maxTries; tries += 1) {
      const node = this.#pick(last) ?? this.#pick();
      if (node && (await this.#hand(node, incoming, Buffer.concat(chunks), outgoing))) return;
      last = node ?? undefined;
      this.retried += 1;
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
    outgoing.writeHead(502).end();
  }

  /** Answers false where the node cannot have begun on it. */
  #hand(node: Node, incoming: IncomingMessage, body: Buffer, outgoing: ServerResponse): Promise<boolean> {
    const { hostname, port } = node.url;
    const { method, url: path, headers } = incoming;
    return new Promise((resolve) => {
      const inner = request({ agent: this.#agent, hostname, port, method, path, headers });
      inner.on("response", (answer) => {
        const { connection: _hopByHop, ...rest } = answer.headers;
        outgoing.writeHead(answer.statusCode ?? 502, rest);
        answer.pipe(outgoing);
        answer.on("error", () => outgoing.destroy());
        resolve(true);
      });
      inner.on("error", ({ code }: NodeJS.ErrnoException) => {
        if (code === "ECONNREFUSED") return resolve(false);
        if (!outgoing.headersSent) outgoing.writeHead(502).end();
        resolve(true);
      });
      inner.end(body);
    });
  }

  #pass(incoming: IncomingMessage, near: Duplex, head: Buffer): void {
    const node = this.#pick();
    near.on("error", () => near.destroy());
    if (!node) return void near.end("HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\n\r\n");
    const far: Socket = connect(Number(node.url.port), node.url.hostname, () => {
      const lines = [`${incoming.method} ${incoming.url} HTTP/1.1`];
      for (let at = 0; at < incoming.rawHeaders.length; at += 2) {
        lines.push(`${incoming.rawHeaders[at]}: ${incoming.rawHeaders[at + 1]}`);
      }
      far.write(`${lines.join("\r\n")}\r\n\r\n`);
      far.write(head);
      far.pipe(near).pipe(far);
    });
    for (const socket of [near, far]) {
      this.#sockets.add(socket);
      socket.once("close", () => {
        this.#sockets.delete(socket);
        near.destroy();
        far.destroy();
      });
    }
    far.on("error", () => near.destroy());
  }
}

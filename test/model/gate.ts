// Stands between one node and the simulated provider. It holds each POST /payout and each look-up by our reference until
// the history says what becomes of it, and passes everything else on.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface Reply {
  status: number;
  body: string;
  headers?: Record<string, string>;
}

export class HeldRequest {
  readonly gate: Gate;
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #body: Buffer;

  constructor(gate: Gate, request: IncomingMessage, response: ServerResponse, body: Buffer) {
    this.gate = gate;
    this.#request = request;
    this.#response = response;
    this.#body = body;
  }

  get isLookUp(): boolean {
    return this.#request.method === "GET";
  }

  /** The node does not wait for it any more. */
  get isGone(): boolean {
    return this.#request.socket.destroyed;
  }

  /** Lets the provider work on it, also where the node has gone away. */
  async forward(): Promise<Reply> {
    const { method, url } = this.#request;
    const headers = Object.entries(this.#request.headers).filter(([name]) => !ownHeaders.has(name));
    const answer = await fetch(`${this.gate.target}${url}`, {
      method: method as string,
      headers: headers.map(([name, value]): [string, string] => [name, String(value)]),
      ...(this.#body.length > 0 ? { body: new Uint8Array(this.#body) } : {}),
    });
    const kept = [...answer.headers].filter(([name]) => !ownHeaders.has(name));
    return { status: answer.status, body: await answer.text(), headers: Object.fromEntries(kept) };
  }

  reply({ status, body, headers }: Reply): void {
    const type = body.startsWith("<") ? "text/html" : "application/json";
    this.#response.writeHead(status, { "content-type": type, ...headers }).end(body);
  }

  /** The connection breaks. */
  reset(): void {
    this.#request.socket.destroy();
  }
}

const ownHeaders = new Set([
  "host",
  "connection",
  "content-length",
  "transfer-encoding",
  "content-encoding",
  "keep-alive",
]);
const heldRoutes = /^(POST \/api\/external\/payout|GET \/api\/external\/transaction\/gw-.*)$/;

export class Gate {
  readonly target: string;
  /** Decides about a request that is held. Set once the history begins. */
  onHeld: ((held: HeldRequest) => void) | null = null;
  readonly #server: Server;

  private constructor(target: string) {
    this.target = target;
    this.#server = createServer((request, response) => {
      void this.#take(request, response).catch(() => response.destroy());
    });
  }

  static async open(target: string): Promise<Gate> {
    const gate = new Gate(target);
    await new Promise<void>((resolve) => gate.#server.listen(0, "127.0.0.1", resolve));
    return gate;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const held = new HeldRequest(this, request, response, Buffer.concat(chunks));
    if (this.onHeld && heldRoutes.test(`${request.method} ${request.url}`)) this.onHeld(held);
    else held.reply(await held.forward());
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

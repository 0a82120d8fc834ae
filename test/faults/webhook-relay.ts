// Stands where the provider sends its webhooks, and hands them to the nodes: late, twice, to another node, not at all. A
// webhook is held against the gateway only where a node has answered it with success.

import { createHash, createHmac } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { Cluster } from "./cluster.js";
import type { History } from "./history.js";
import { drawWebhookLie } from "./lies.js";
import type { Random } from "./random.js";

type Manner = "pass" | "late" | "refused" | "twice" | "swallowed" | "answer lost" | "after a lie";

const manners: readonly (readonly [number, Manner])[] = [
  [60, "pass"],
  [4, "after a lie"],
  [12, "late"],
  [8, "refused"],
  [7, "twice"],
  [4, "swallowed"],
  [5, "answer lost"],
];

export interface WebhookRelayOptions {
  random: Random;
  cluster: () => Cluster;
  history: History;
  /** By which the provider signs. */
  secret: () => string;
}

export class WebhookRelay {
  readonly #options: WebhookRelayOptions;
  readonly #server = createServer((request, response) => {
    this.#relay(request, response).catch(() => response.destroy());
  });
  /** From then on every webhook is passed on as it is. */
  isHonest = false;
  underWay = 0;

  constructor(options: WebhookRelayOptions) {
    this.#options = options;
  }

  async listen(): Promise<string> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/webhooks`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #relay(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { random, history } = this.#options;
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    const manner = this.isHonest ? "pass" : random.weighted(manners);
    if (manner !== "pass") history.count(`webhook ${manner}`);
    this.underWay += 1;
    try {
      if (manner === "after a lie") await this.#lie(body);
      if (manner === "late") await sleep(random.between(50, 900));
      if (manner === "refused") return void response.writeHead(503).end();
      if (manner === "swallowed") return void response.writeHead(200).end();
      const statuses = await Promise.all([
        this.#hand(signatureOf(request), body),
        ...(manner === "twice" ? [this.#hand(signatureOf(request), body)] : []),
      ]);
      if (manner === "answer lost") return void response.destroy();
      response.writeHead(Math.max(...statuses)).end();
    } finally {
      this.underWay -= 1;
    }
  }

  /** An event that the provider signs, and that its books do not bear out. */
  async #lie(body: Buffer): Promise<void> {
    const { random, history, secret } = this.#options;
    if ((JSON.parse(body.toString()) as { transaction_id?: string }).transaction_id === undefined) return;
    const { name, rawBody } = drawWebhookLie(random, body.toString());
    history.count(name);
    history.lies.push(rawBody);
    const timestamp = String(Math.floor(Date.now() / 1000));
    const signature = createHmac("sha256", secret()).update(`${timestamp}.${rawBody}`).digest("hex");
    await this.#hand({ signature, timestamp }, Buffer.from(rawBody), true);
  }

  async #hand({ signature, timestamp }: Signature, body: Buffer, isLie = false): Promise<number> {
    const { random, cluster, history } = this.#options;
    const live = cluster().live();
    if (live.length === 0) return 503;
    try {
      const answer = await fetch(`${random.pick(live).url}/webhooks`, {
        method: "POST",
        headers: {
          "content-type": "application/json",
          "x-blaaiz-signature": signature,
          "x-blaaiz-timestamp": timestamp,
        },
        body: new Uint8Array(body),
        signal: AbortSignal.timeout(5_000),
      });
      await answer.arrayBuffer();
      if (answer.ok) {
        const contentHash = createHash("sha256").update(body).digest("hex");
        history.webhooks.push({ contentHash, rawBody: body.toString(), atMs: history.nowMs, isLie });
      }
      return answer.status;
    } catch {
      return 502;
    }
  }
}

interface Signature {
  signature: string;
  timestamp: string;
}

function signatureOf({ headers }: IncomingMessage): Signature {
  return { signature: String(headers["x-blaaiz-signature"]), timestamp: String(headers["x-blaaiz-timestamp"]) };
}

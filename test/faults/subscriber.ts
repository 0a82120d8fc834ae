// Follows every status change over WebSocket. When its connection ends it comes back with its last cursor, on whichever
// node there is.

import { setTimeout as sleep } from "node:timers/promises";
import { createClient } from "graphql-ws";
import WebSocket from "ws";
import type { Cluster } from "./cluster.js";
import type { Delivered, History } from "./history.js";
import type { Random } from "./random.js";

const subscription = `subscription ($after: Cursor) {
  statusChanged(after: $after) { cursor ... on PayoutStatusChange { payout { id status } } }
}`;

/** Broken off while it still connects, a socket would end the process with an error that nobody waits for. */
class QuietWebSocket extends WebSocket {
  constructor(...args: ConstructorParameters<typeof WebSocket>) {
    super(...args);
    this.on("error", () => {});
  }
}

export class Subscriber {
  readonly #cluster: Cluster;
  readonly #history: History;
  readonly #random: Random;
  readonly #delivered: Delivered;
  readonly #ended: Promise<void>;
  #disconnect: () => void = () => {};
  #isStopped = false;

  constructor(cluster: Cluster, history: History, random: Random, start: string) {
    this.#cluster = cluster;
    this.#history = history;
    this.#random = random;
    this.#delivered = { start, cursors: [], errors: [] };
    history.subscribers.push(this.#delivered);
    this.#ended = this.#follow();
  }

  get lastCursor(): string {
    return this.#delivered.cursors.at(-1) ?? this.#delivered.start;
  }

  /** As a network would: without a goodbye. */
  breakOff(): void {
    this.#history.count("subscriber broken off");
    this.#disconnect();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#disconnect();
    await this.#ended;
  }

  async #follow(): Promise<void> {
    while (!this.#isStopped) {
      const live = this.#cluster.live();
      if (live.length > 0) await this.#read(this.#random.pick(live).url);
      await sleep(this.#random.between(10, 120));
    }
  }

  async #read(url: string): Promise<void> {
    const client = createClient({
      url: `${url.replace("http", "ws")}/graphql`,
      webSocketImpl: QuietWebSocket,
      retryAttempts: 0,
      onNonLazyError: () => {},
    });
    this.#disconnect = () => client.terminate();
    try {
      const events = client.iterate<{ statusChanged: { cursor: string } }>({
        query: subscription,
        variables: { after: this.lastCursor },
      });
      for await (const { data, errors } of events) {
        if (errors) this.#delivered.errors.push(JSON.stringify(errors));
        if (data?.statusChanged) this.#delivered.cursors.push(data.statusChanged.cursor);
      }
    } catch (error) {
      // A list of errors is the gateway's own refusal; anything else is the end of the connection.
      if (Array.isArray(error)) this.#delivered.errors.push(JSON.stringify(error));
    } finally {
      this.#disconnect = () => {};
      await client.dispose();
    }
  }
}

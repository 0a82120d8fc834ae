import { EventEmitter } from "node:events";
import { outside } from "../telemetry/tracing.js";

/** Says "there is something after N", nothing more: who is woken reads the log. */
export interface WakeUps {
  announce(position: number): void;
  /** Answers a function that ends the subscription. */
  listen(listener: (position: number) => void): () => void;
}

export class InProcessWakeUps implements WakeUps {
  readonly #emitter = new EventEmitter().setMaxListeners(0);

  announce(position: number): void {
    outside(() => this.#emitter.emit("position", position));
  }

  listen(listener: (position: number) => void): () => void {
    this.#emitter.on("position", listener);
    return () => this.#emitter.off("position", listener);
  }
}

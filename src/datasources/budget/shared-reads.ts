import { type CallClass, rankOf } from "./call-class.js";

interface Flight {
  callClass: CallClass;
  answer: Promise<unknown>;
}

/** Equal reads that are under way are one call, and its answer or its error belongs to all who asked. */
export class SharedReads {
  readonly #flights = new Map<string, Flight>();

  read(key: string, callClass: CallClass, call: () => Promise<unknown>): Promise<unknown> {
    const known = this.#flights.get(key);
    // Behind a less important call one would wait with its patience, and fail where it has to give way.
    if (known && rankOf(known.callClass) <= rankOf(callClass)) return known.answer;
    const answer = call().finally(() => {
      if (this.#flights.get(key) === flight) this.#flights.delete(key);
    });
    const flight: Flight = { callClass, answer };
    this.#flights.set(key, flight);
    return answer;
  }

  /** What was asked before a write may be answered with what was true before it. */
  endSharing(): void {
    this.#flights.clear();
  }
}

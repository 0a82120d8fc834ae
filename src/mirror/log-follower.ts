// Follows the status log at its own pace: first what was, then what comes. The live log tells it of new entries; of so
// many that it cannot take them it remembers only that there were some, and reads them when it is ready.

import { setImmediate as nextTurn } from "node:timers/promises";
import type { LogFilter, StatusLogRow } from "../store/status-log.queries.js";
import type { Visibility } from "../store/visibility.js";
import { batchSize, type LiveReader, type LogListener } from "./live-log.js";
import { concerns, topicOf } from "./log-topics.js";

const longestQueue = 100;
// So that what was taken can leave before more is taken.
const takenInOneTurn = 16;

export interface Reading {
  /** Everything later than this position. */
  after: number;
  filter: LogFilter;
  visibility: Visibility;
}

export interface LogTaker {
  /** The next entry. One more is given only when this one was taken. */
  take(entry: StatusLogRow): void | Promise<void>;
  /** All was taken that the live log has handed out. It may stop the follower. */
  level?(): void;
  /** The log cannot be read, or an entry was not taken. Nothing comes after it. */
  failed(error: Error): void;
}

export class LogFollower implements LogListener {
  readonly #reader: LiveReader;
  readonly #reading: Reading;
  readonly #taker: LogTaker;
  readonly #leave: () => void;
  #queue: StatusLogRow[] = [];
  #position: number;
  /** What comes after it is in the queue. */
  #queuedFrom: number;
  #isRunning = false;
  #isStopped = false;

  constructor(reader: LiveReader, reading: Reading, taker: LogTaker) {
    this.#reader = reader;
    this.#reading = reading;
    this.#taker = taker;
    this.#position = reading.after;
    this.#queuedFrom = reader.position;
    this.#leave = reader.join(topicOf(reading.filter, reading.visibility), this);
  }

  /** All up to it that is for this follower was taken. */
  get covered(): number {
    const isLevel = !this.#isRunning && this.#queue.length === 0 && this.#position >= this.#queuedFrom;
    return isLevel ? Math.max(this.#position, this.#reader.position) : this.#position;
  }

  start(): void {
    void this.#run();
  }

  stop(): void {
    this.#isStopped = true;
    this.#queue = [];
    this.#leave();
  }

  hear(entry: StatusLogRow): void {
    if (this.#isStopped || !concerns(entry, this.#reading.filter, this.#reading.visibility)) return;
    if (this.#queue.length < longestQueue) this.#queue.push(entry);
    else {
      this.#queue = [];
      this.#queuedFrom = entry.position;
    }
    void this.#run();
  }

  fail(error: Error): void {
    if (this.#isStopped) return;
    this.stop();
    this.#taker.failed(error);
  }

  async #run(): Promise<void> {
    if (this.#isRunning) return;
    this.#isRunning = true;
    try {
      let taken = 0;
      while (!this.#isStopped) {
        if (this.#position < this.#queuedFrom) {
          await this.#catchUp();
          continue;
        }
        const entry = this.#queue.shift();
        if (!entry) break;
        if (entry.position <= this.#position) continue;
        await this.#take(entry);
        taken += 1;
        if (taken % takenInOneTurn === 0) await nextTurn();
      }
    } catch (error) {
      this.fail(error as Error);
    }
    this.#isRunning = false;
    if (!this.#isStopped) this.#taker.level?.();
  }

  async #catchUp(): Promise<void> {
    const { filter, visibility } = this.#reading;
    const to = this.#queuedFrom;
    const recent = this.#reader.recentAfter(this.#position)?.filter((entry) => concerns(entry, filter, visibility));
    const entries = recent ?? (await this.#reader.readAfter(this.#position, filter, visibility));
    for (const entry of entries) {
      if (this.#isStopped) return;
      await this.#take(entry);
    }
    if (recent || entries.length < batchSize) this.#position = Math.max(this.#position, to);
  }

  async #take(entry: StatusLogRow): Promise<void> {
    await this.#taker.take(entry);
    this.#position = entry.position;
  }
}

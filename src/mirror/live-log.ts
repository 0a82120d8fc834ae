// The one reader of the status log in this process, while anybody follows it: each entry is read once and handed to those
// whom it concerns. Wake-ups only shorten the wait; the slow poll finds what a lost one would have told.

import type { Database } from "../store/database.js";
import { type LogFilter, logAfter, logHead, type StatusLogRow } from "../store/status-log.queries.js";
import { everything, type Visibility } from "../store/visibility.js";
import { checkKept } from "./kept-log.js";
import { topicsOf } from "./log-topics.js";
import type { WakeUps } from "./wake-ups.js";

export const batchSize = 100;
const pollMs = 5_000;
// What a reader that is not far behind takes from here instead of the database.
const keptEntries = 256;

export interface LogListener {
  hear(entry: StatusLogRow): void;
  /** The log cannot be read. Nothing comes after it. */
  fail(error: Error): void;
}

interface Waiting {
  resolve: () => void;
  reject: (error: Error) => void;
}

export class LiveLog {
  readonly #database: Database;
  readonly #wakeUps: WakeUps;
  #reader: LiveReader | null = null;

  constructor(database: Database, wakeUps: WakeUps) {
    this.#database = database;
    this.#wakeUps = wakeUps;
  }

  /** The present reader, which runs until whoever opened it has let it go. */
  async open(): Promise<LiveReader> {
    if (!this.#reader || this.#reader.isStopped) this.#reader = new LiveReader(this.#database, this.#wakeUps);
    const reader = this.#reader;
    reader.hold();
    try {
      await reader.started;
    } catch (error) {
      reader.release();
      throw error;
    }
    return reader;
  }
}

export class LiveReader {
  /** Settled once it knows from where on it reads. */
  readonly started: Promise<void>;
  readonly #database: Database;
  readonly #stopListening: () => void;
  readonly #timer: NodeJS.Timeout;
  readonly #topics = new Map<string, Set<LogListener>>();
  readonly #recent: StatusLogRow[] = [];
  #recentFrom = 0;
  #position = 0;
  #holders = 0;
  #isReading = true;
  #isRung = false;
  #isStopped = false;
  #asking: Waiting[] = [];

  constructor(database: Database, wakeUps: WakeUps) {
    this.#database = database;
    const ring = () => void this.#read();
    // Before it knows the head: what is written from now on rings.
    this.#stopListening = wakeUps.listen(ring);
    this.#timer = setInterval(ring, pollMs);
    this.started = this.#start();
  }

  /** All up to it was handed out. */
  get position(): number {
    return this.#position;
  }

  get isStopped(): boolean {
    return this.#isStopped;
  }

  hold(): void {
    this.#holders += 1;
  }

  release(): void {
    this.#holders -= 1;
    if (this.#holders === 0) this.#stop();
  }

  /** From now on; answers a function that leaves. */
  join(topic: string, listener: LogListener): () => void {
    const listeners = this.#topics.get(topic) ?? new Set();
    this.#topics.set(topic, listeners.add(listener));
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0 && this.#topics.get(topic) === listeners) this.#topics.delete(topic);
    };
  }

  /** All entries after the position that were handed out, or null where the first of them are no longer kept. */
  recentAfter(position: number): StatusLogRow[] | null {
    if (position < this.#recentFrom) return null;
    return this.#recent.filter((entry) => entry.position > position);
  }

  /** At most a batch of what is in the database after the position. */
  async readAfter(position: number, filter: LogFilter, visibility: Visibility): Promise<StatusLogRow[]> {
    const entries = await logAfter(this.#database.db, position, batchSize, filter, visibility);
    await checkKept(this.#database.db, position);
    return entries;
  }

  /** Waits until all that is in the log now was handed out. */
  refresh(): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#isStopped) return reject(new Error("Nobody reads the log any more."));
      this.#asking.push({ resolve, reject });
      void this.#read();
    });
  }

  async #start(): Promise<void> {
    try {
      this.#position = (await logHead(this.#database.db)).position;
      this.#recentFrom = this.#position;
    } catch (error) {
      this.#stop();
      throw error;
    }
    this.#isReading = false;
    if (this.#isRung) void this.#read();
  }

  async #read(): Promise<void> {
    // Rung between a read that found nothing and its end, it must not be missed: hence the flag.
    this.#isRung = true;
    if (this.#isReading) return;
    this.#isReading = true;
    const asked: Waiting[] = [];
    try {
      while (this.#isRung && !this.#isStopped) {
        this.#isRung = false;
        asked.push(...this.#asking.splice(0));
        const entries = await this.#readOn();
        for (const entry of entries) this.#hand(entry);
        if (entries.length === batchSize) this.#isRung = true;
        else for (const { resolve } of asked.splice(0)) resolve();
      }
      this.#isReading = false;
    } catch (error) {
      this.#asking.unshift(...asked);
      this.#fail(error as Error);
    }
  }

  /** A process that stood still for long can have missed what is gone by now. */
  async #readOn(): Promise<StatusLogRow[]> {
    const { db } = this.#database;
    const entries = await logAfter(db, this.#position, batchSize, {}, everything);
    // Positions have no gaps of their own, so that what follows directly needs no second look.
    if (entries[0]?.position !== this.#position + 1) await checkKept(db, this.#position);
    return entries;
  }

  #hand(entry: StatusLogRow): void {
    if (this.#isStopped) return;
    this.#position = entry.position;
    this.#recent.push(entry);
    if (this.#recent.length > 2 * keptEntries) {
      this.#recent.splice(0, keptEntries);
      this.#recentFrom = (this.#recent[0] as StatusLogRow).position - 1;
    }
    for (const topic of topicsOf(entry)) {
      for (const listener of this.#topics.get(topic) ?? []) listener.hear(entry);
    }
  }

  #fail(error: Error): void {
    const listeners = [...this.#topics.values()].flatMap((set) => [...set]);
    const asking = this.#asking;
    this.#stop();
    for (const { reject } of asking) reject(error);
    for (const listener of listeners) listener.fail(error);
  }

  #stop(): void {
    if (this.#isStopped) return;
    this.#isStopped = true;
    this.#stopListening();
    clearInterval(this.#timer);
    for (const { reject } of this.#asking.splice(0)) reject(new Error("Nobody reads the log any more."));
    this.#topics.clear();
  }
}

import type { StateFile } from "./state-file.js";

export interface Job {
  id: number;
  lane: string;
  kind: string;
  subject: string;
  dueAt: number;
}

/** Runs inside a database transaction that also removes the job: it happens once, or not at all. */
export type StepHandler = (subject: string) => void;

/** Answers when the job is to run again, or undefined when it is done. May run again after a crash. */
export type CallHandler = (subject: string) => Promise<number | undefined>;

const maxCalls = 32;
const batchSize = 100;
const longestTimerMs = 2 ** 31 - 1;
const retryAfterFaultMs = 1000;

/** Work with a due time, kept in the state file. Jobs of one lane run one after the other, in the order they are due. */
export class Jobs {
  readonly #db: StateFile;
  readonly #steps = new Map<string, StepHandler>();
  readonly #calls = new Map<string, CallHandler>();
  readonly #running = new Map<string, Promise<void>>();
  #timer: NodeJS.Timeout | undefined;
  #isStarted = false;
  #pausedUntil = 0;

  constructor(db: StateFile) {
    this.#db = db;
  }

  onStep(kind: string, handler: StepHandler): void {
    this.#steps.set(kind, handler);
  }

  onCall(kind: string, handler: CallHandler): void {
    this.#calls.set(kind, handler);
  }

  schedule(job: Omit<Job, "id">): void {
    this.#db
      .prepare("INSERT INTO jobs (lane, kind, subject, due_at) VALUES (?, ?, ?, ?)")
      .run(job.lane, job.kind, job.subject, Math.round(job.dueAt));
    this.#arm();
  }

  cancel(lane: string): void {
    this.#db.prepare("DELETE FROM jobs WHERE lane = ?").run(lane);
  }

  /** Makes the jobs of a lane that wait for `heldAt` due now, the latest first. */
  releaseNewestFirst(lane: string, heldAt: number): void {
    const held = this.#db
      .prepare<[string, number], number>("SELECT id FROM jobs WHERE lane = ? AND due_at = ? ORDER BY id DESC")
      .pluck()
      .all(lane, heldAt);
    const move = this.#db.prepare("UPDATE jobs SET due_at = ? WHERE id = ?");
    // One later than now, so that what was scheduled for now goes first.
    const next = Date.now() + 1;
    for (const [position, id] of held.entries()) move.run(next + position, id);
    this.#arm();
  }

  /** Lets time pass for what is scheduled, except what waits for `heldAt`. */
  advance(byMs: number, heldAt: number): void {
    this.#db.prepare("UPDATE jobs SET due_at = due_at - ? WHERE due_at < ?").run(byMs, heldAt);
    this.#arm();
  }

  start(): void {
    this.#isStarted = true;
    this.#arm();
  }

  async stop(): Promise<void> {
    this.#isStarted = false;
    clearTimeout(this.#timer);
    await Promise.all(this.#running.values());
  }

  #arm(): void {
    if (!this.#isStarted || this.#running.size >= maxCalls) return;
    clearTimeout(this.#timer);
    const next = this.#db
      .prepare<[string], number | null>(
        "SELECT min(due_at) FROM jobs WHERE lane NOT IN (SELECT value FROM json_each(?))",
      )
      .pluck()
      .get(this.#busyLanes());
    if (next === null || next === undefined) return;
    const waitMs = Math.min(Math.max(Math.max(next, this.#pausedUntil) - Date.now(), 0), longestTimerMs);
    this.#timer = setTimeout(() => this.#runDue(), waitMs);
  }

  #busyLanes(): string {
    return JSON.stringify([...this.#running.keys()]);
  }

  #runDue(): void {
    const due = this.#db
      .prepare<[number, string, number], Job>(
        `SELECT id, lane, kind, subject, due_at AS dueAt FROM jobs
         WHERE due_at <= ? AND lane NOT IN (SELECT value FROM json_each(?)) ORDER BY due_at, id LIMIT ?`,
      )
      .all(Date.now(), this.#busyLanes(), batchSize);
    for (const job of due) {
      if (this.#running.has(job.lane)) continue;
      const call = this.#calls.get(job.kind);
      if (call === undefined) this.#runStep(job);
      else if (this.#running.size < maxCalls) this.#runCall(job, call);
    }
    this.#arm();
  }

  #runStep(job: Job): void {
    try {
      this.#db.transaction(() => {
        // A step of the same batch may have cancelled this one.
        if (this.#db.prepare("DELETE FROM jobs WHERE id = ?").run(job.id).changes === 0) return;
        this.#steps.get(job.kind)?.(job.subject);
      })();
    } catch (error) {
      this.#postpone(job, error);
    }
  }

  #runCall(job: Job, call: CallHandler): void {
    const done = call(job.subject)
      .then((againAt) => {
        if (againAt === undefined) this.#db.prepare("DELETE FROM jobs WHERE id = ?").run(job.id);
        else this.#db.prepare("UPDATE jobs SET due_at = ? WHERE id = ?").run(Math.round(againAt), job.id);
      })
      .catch((error: unknown) => this.#postpone(job, error))
      .finally(() => {
        this.#running.delete(job.lane);
        this.#arm();
      });
    this.#running.set(job.lane, done);
  }

  #postpone(job: Job, error: unknown): void {
    process.emitWarning(`sandbox job ${job.kind}: ${error instanceof Error ? error.message : String(error)}`);
    const retryAt = Date.now() + retryAfterFaultMs;
    try {
      this.#db.prepare("UPDATE jobs SET due_at = ? WHERE id = ?").run(retryAt, job.id);
    } catch {
      // The state file cannot be written, e.g. on a full disk. The job stays due, and everything waits.
      this.#pausedUntil = retryAt;
    }
  }
}

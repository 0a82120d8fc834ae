// Who did what to which object with which outcome. An act is on disk before anything of it is done, and once more with
// what became of it; a refusal once. Entries hold codes and ids: no message, no secret and nothing about a person.

import type { AuditOutcome } from "../schema/audit.enum.js";
import {
  type AuditRow,
  type AuditSearch,
  appendToAudit,
  auditPage,
  countAudit,
  lockAuditHead,
} from "../store/audit.queries.js";
import type { Database } from "../store/database.js";
import type { Logger } from "../telemetry/logger.js";
import { sealed } from "./audit-chain.js";
import type { Principal } from "./principal.js";

export interface AuditObject {
  /** E.g. customer, payout, key. */
  type: string;
  id: string;
}

/** Codes, paths and ids of ours. */
export type AuditDetail = Readonly<Record<string, unknown>>;

export interface Act {
  principal: Pick<Principal, "id" | "tenant">;
  action: string;
  object?: AuditObject | null;
  detail?: AuditDetail;
  requestId?: string | null;
}

/** What became of an act; what it does not name is as it was at the attempt. */
export interface ActEnd {
  outcome: Exclude<AuditOutcome, "ATTEMPTED">;
  object?: AuditObject | null;
  detail?: AuditDetail;
}

/** The trail cannot be written, so nothing that belongs into it may be done. */
export class AuditUnavailable extends Error {
  override readonly name = "AuditUnavailable";

  constructor(options?: ErrorOptions) {
    super("The audit trail cannot be written.", options);
  }
}

interface Waiting {
  act: Act & { outcome: AuditOutcome; at: number };
  resolve(seq: number): void;
  reject(error: AuditUnavailable): void;
}

const maxWaiting = 5_000;
const maxBatch = 200;
const maxLength = 255;

export class AuditTrail {
  readonly #database: Database;
  readonly #logger: Logger;
  readonly #waiting: Waiting[] = [];
  #writing: Promise<void> | null = null;

  constructor(database: Database, logger: Logger) {
    this.#database = database;
    this.#logger = logger;
  }

  /**
   * Does the work between its two entries. Throws an AuditUnavailable, and does nothing, where the first cannot be written. That
   * the second cannot be does not undo what was done: the attempt stands without an outcome.
   */
  async around<T>(
    act: Act,
    work: () => Promise<T>,
    endOf: (result: T) => ActEnd,
    failureOf: (error: unknown) => ActEnd = () => ({ outcome: "FAILED" }),
  ): Promise<T> {
    const attempt = await this.append(act, "ATTEMPTED");
    const settle = async ({ outcome, object = act.object ?? null, detail = {} }: ActEnd) => {
      await this.append({ ...act, object, detail: { attempt, ...detail } }, outcome).catch((error) =>
        this.#logger.error({ err: error, attempt, outcome }, "an act's outcome is missing in the audit trail"),
      );
    };
    let result: T;
    try {
      result = await work();
    } catch (error) {
      await settle(failureOf(error));
      throw error;
    }
    await settle(endOf(result));
    return result;
  }

  /** For a refusal: that is final whether or not it can be written. */
  note(act: Act, outcome: AuditOutcome = "REFUSED"): void {
    this.append(act, outcome).catch((error) =>
      this.#logger.error({ err: error, action: act.action, outcome }, "a refusal is missing in the audit trail"),
    );
  }

  /** Answers the entry's number once it is on disk. What arrives while others are written is written together. */
  append(act: Act, outcome: AuditOutcome): Promise<number> {
    return new Promise((resolve, reject) => {
      if (this.#waiting.length >= maxWaiting) return reject(new AuditUnavailable());
      this.#waiting.push({ act: { ...act, outcome, at: this.#database.clock.now() }, resolve, reject });
      this.#writing ??= this.#writeAll();
    });
  }

  /** The newest first, and one more than a page has where the list goes on. */
  page(search: AuditSearch, page: { first: number; before: number | null }): Promise<AuditRow[]> {
    return auditPage(this.#database.db, search, page);
  }

  count(search: AuditSearch): Promise<number> {
    return countAudit(this.#database.db, search);
  }

  /** Waits for what is being written. */
  async stop(): Promise<void> {
    await this.#writing;
  }

  async #writeAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, maxBatch);
      try {
        const first = await this.#write(batch);
        for (const [index, { resolve }] of batch.entries()) resolve(first + index);
      } catch (error) {
        const unavailable = new AuditUnavailable({ cause: error });
        for (const { reject } of batch) reject(unavailable);
      }
    }
    this.#writing = null;
  }

  /** Answers the number of the first. */
  #write(batch: readonly Waiting[]): Promise<number> {
    return this.#database.transaction(async (tx) => {
      const head = await lockAuditHead(tx);
      let last = head;
      const rows = batch.map(({ act }) => {
        const row = sealed(last, toEntry(act));
        last = row;
        return row;
      });
      await appendToAudit(tx, rows);
      return head.seq + 1;
    });
  }
}

function toEntry({ principal, action, object, detail, requestId, outcome, at }: Waiting["act"]) {
  return {
    at,
    tenant: kept(principal.tenant),
    principal: kept(principal.id),
    action: kept(action),
    object_type: object ? kept(object.type) : null,
    object_id: object ? kept(object.id) : null,
    outcome,
    detail: detail && Object.keys(detail).length > 0 ? JSON.stringify(detail) : null,
    request_id: requestId ?? null,
  };
}

/** What is hashed must be what comes back: no engine keeps halves of letters, and one of them no NUL. */
function kept(text: string): string {
  return Buffer.from(text.slice(0, maxLength).replaceAll("\0", "\ufffd")).toString();
}

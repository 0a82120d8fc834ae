import { randomUUID } from "node:crypto";
import type { StateFile } from "./state-file.js";
import type { WebhookTarget } from "./webhook-registration.js";

export type WebhookLogStatus = "INITIATED" | "PROCESSING" | "SUCCESSFUL" | "FAILED";

export interface WebhookLog {
  id: string;
  subject: string;
  target: WebhookTarget;
  transactionId: string | null;
  type: string;
  url: string;
  /** The bytes that are sent. */
  body: string;
  /** HTTP status of the last answer, as text. */
  response: string | null;
  status: WebhookLogStatus;
  createdAt: number;
  updatedAt: number;
}

export interface WebhookAttempt {
  id: string;
  logId: string;
  attempt: number;
  timestamp: string;
  signature: string;
  status: number | null;
}

export interface WebhookLogFilter {
  startAt?: number;
  endAt?: number;
  status?: string;
  type?: string;
  searchTerm?: string;
}

const columns = `id, subject, target, transaction_id AS transactionId, type, url, body, response, status,
  created_at AS createdAt, updated_at AS updatedAt`;

export class WebhookLogs {
  readonly #db: StateFile;

  constructor(db: StateFile) {
    this.#db = db;
  }

  add(log: Omit<WebhookLog, "id" | "response" | "createdAt" | "updatedAt">): WebhookLog {
    const now = Date.now();
    const added: WebhookLog = { ...log, id: randomUUID(), response: null, createdAt: now, updatedAt: now };
    this.#db
      .prepare(
        `INSERT INTO webhook_logs (id, subject, target, transaction_id, type, url, body, status, created_at, updated_at)
         VALUES (@id, @subject, @target, @transactionId, @type, @url, @body, @status, @createdAt, @updatedAt)`,
      )
      .run(added);
    return added;
  }

  find(id: string): WebhookLog | undefined {
    return this.#db.prepare<[string], WebhookLog>(`SELECT ${columns} FROM webhook_logs WHERE id = ?`).get(id);
  }

  newestOfTransaction(transactionId: string): WebhookLog | undefined {
    return this.#db
      .prepare<[string], WebhookLog>(
        `SELECT ${columns} FROM webhook_logs WHERE transaction_id = ? ORDER BY seq DESC LIMIT 1`,
      )
      .get(transactionId);
  }

  attemptsOf(logId: string): WebhookAttempt[] {
    return this.#db
      .prepare<[string], WebhookAttempt>(
        `SELECT id, log_id AS logId, attempt, timestamp, signature, status
         FROM webhook_attempts WHERE log_id = ? ORDER BY attempt`,
      )
      .all(logId);
  }

  recordAttempt(attempt: Omit<WebhookAttempt, "id">, url: string, status: WebhookLogStatus): void {
    this.#db.transaction(() => {
      this.#db
        .prepare(
          `INSERT INTO webhook_attempts (id, log_id, attempt, timestamp, signature, status)
           VALUES (?, ?, ?, ?, ?, ?)`,
        )
        .run(randomUUID(), attempt.logId, attempt.attempt, attempt.timestamp, attempt.signature, attempt.status);
      this.#db
        .prepare("UPDATE webhook_logs SET status = ?, response = ?, url = ?, updated_at = ? WHERE id = ?")
        .run(status, attempt.status === null ? null : String(attempt.status), url, Date.now(), attempt.logId);
    })();
  }

  list(filter: WebhookLogFilter, offset: number, limit: number): { rows: WebhookLog[]; total: number } {
    const conditions: [string, string | number | undefined][] = [
      ["created_at >= ?", filter.startAt],
      ["created_at < ?", filter.endAt],
      ["status = ?", filter.status],
      ["type = ?", filter.type],
      ["instr(body, ?) > 0", filter.searchTerm],
    ];
    const used = conditions.filter(([, value]) => value !== undefined);
    const where = ["1", ...used.map(([condition]) => condition)].join(" AND ");
    const values = used.map(([, value]) => value);
    const total = this.#db
      .prepare<unknown[], number>(`SELECT count(*) FROM webhook_logs WHERE ${where}`)
      .pluck()
      .get(...values);
    const rows = this.#db
      .prepare<unknown[], WebhookLog>(
        `SELECT ${columns} FROM webhook_logs WHERE ${where} ORDER BY seq DESC LIMIT ? OFFSET ?`,
      )
      .all(...values, limit, offset);
    return { rows, total: total ?? 0 };
  }
}

import { randomUUID } from "node:crypto";
import { refusedWithFlag } from "./api-error.js";
import type { OwnerRecord } from "./customer-owners.js";
import type { StateFile } from "./state-file.js";

export type CustomerType = "individual" | "business";
export type CustomerStatus = "PENDING" | "PROCESSING" | "VERIFIED" | "REJECTED";
export type FileSlot = "id_file" | "id_file_back" | "proof_of_address_file" | "liveness_check_file";

/** By the wire's names. */
export type CustomerFields = Record<string, string | null>;

export interface CustomerRecord {
  id: string;
  type: CustomerType;
  status: CustomerStatus;
  kybScope: string | null;
  /** All fields that belong to the type are there, the absent ones null. */
  fields: CustomerFields;
  kycId: string;
  owners: OwnerRecord[];
  files: Partial<Record<FileSlot, string>>;
  comments: { id: string; comment: string; at: number }[];
  finishedReviews: number;
  createdAt: number;
  updatedAt: number;
}

export interface CustomerFilter {
  email?: string;
  id_number?: string;
  registration_number?: string;
  status?: string;
  type?: string;
}

const filterColumns = ["email", "id_number", "registration_number", "status", "type"] as const;

export class Customers {
  readonly #db: StateFile;

  constructor(db: StateFile) {
    this.#db = db;
  }

  add(type: CustomerType, fields: CustomerFields, owners: OwnerRecord[], kybScope: string | null): CustomerRecord {
    const now = Date.now();
    const customer: CustomerRecord = {
      id: randomUUID(),
      type,
      status: "PENDING",
      kybScope,
      fields,
      kycId: randomUUID(),
      owners,
      files: {},
      comments: [],
      finishedReviews: 0,
      createdAt: now,
      updatedAt: now,
    };
    this.#db.prepare("INSERT INTO customers (id, record) VALUES (?, ?)").run(customer.id, JSON.stringify(customer));
    return customer;
  }

  find(id: string): CustomerRecord | undefined {
    const record = this.#db.prepare<[string], string>("SELECT record FROM customers WHERE id = ?").pluck().get(id);
    return record === undefined ? undefined : JSON.parse(record);
  }

  get(id: string): CustomerRecord {
    const customer = this.find(id);
    if (customer === undefined) throw refusedWithFlag(404, "Customer not found");
    return customer;
  }

  /** Every save has a time of its own, so that two changes of one customer are never of the same moment. */
  save(customer: CustomerRecord): CustomerRecord {
    const saved = { ...customer, updatedAt: Math.max(Date.now(), customer.updatedAt + 1) };
    this.#db.prepare("UPDATE customers SET record = ? WHERE id = ?").run(JSON.stringify(saved), saved.id);
    return saved;
  }

  isRegistered(registrationNumber: string, country: string): boolean {
    const count = this.#db
      .prepare<[string, string], number>(
        "SELECT count(*) FROM customers WHERE registration_number = ? AND incorporation_country = ?",
      )
      .pluck()
      .get(registrationNumber, country);
    return count !== undefined && count > 0;
  }

  /** Newest first. */
  list(filter: CustomerFilter, offset = 0, limit = -1): { rows: CustomerRecord[]; total: number } {
    const used = filterColumns.filter((column) => filter[column] !== undefined);
    const where = ["1", ...used.map((column) => `${column} = ?`)].join(" AND ");
    const values = used.map((column) => filter[column] ?? "");
    const total = this.#db
      .prepare<string[], number>(`SELECT count(*) FROM customers WHERE ${where}`)
      .pluck()
      .get(...values);
    const records = this.#db
      .prepare<(string | number)[], string>(
        `SELECT record FROM customers WHERE ${where} ORDER BY seq DESC LIMIT ? OFFSET ?`,
      )
      .pluck()
      .all(...values, limit, offset);
    return { rows: records.map((record) => JSON.parse(record)), total: total ?? 0 };
  }
}

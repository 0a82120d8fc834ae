import { randomBytes, randomUUID } from "node:crypto";
import type { FileSlot } from "./customers.js";
import type { StateFile } from "./state-file.js";

export const fileCategories = ["identity", "identity_back", "proof_of_address", "liveness_check"] as const;
export type FileCategory = (typeof fileCategories)[number];

export const categoryOfSlot: Record<FileSlot, FileCategory> = {
  id_file: "identity",
  id_file_back: "identity_back",
  proof_of_address_file: "proof_of_address",
  liveness_check_file: "liveness_check",
};

export interface StoredObject {
  size: number;
  sha256: string;
  contentType: string;
}

export interface FileRecord {
  id: string;
  customerId: string;
  category: FileCategory;
  /** The signed headers, `Host` included: the PUT must carry them unchanged. */
  headers: Record<string, string>;
  /** The signed query string; the PUT must carry it unchanged. */
  query: string;
  expiresAt: number;
  /** Absent until the PUT: a file id may exist with nothing behind it. */
  object: StoredObject | undefined;
}

interface FileRow {
  id: string;
  customerId: string;
  category: FileCategory;
  headers: string;
  query: string;
  expiresAt: number;
  size: number | null;
  sha256: string | null;
  contentType: string | null;
}

export class Files {
  readonly #db: StateFile;

  constructor(db: StateFile) {
    this.#db = db;
  }

  /** A place for one PUT, which must carry these headers. */
  reserve(customerId: string, category: FileCategory, headers: Record<string, string>, lifeMs: number): FileRecord {
    const query = new URLSearchParams({
      "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
      "X-Amz-Date": new Date().toISOString().replace(/[-:]|\.\d+/g, ""),
      "X-Amz-Expires": String(Math.ceil(lifeMs / 1000)),
      "X-Amz-SignedHeaders": Object.keys(headers).join(";").toLowerCase(),
      "X-Amz-Signature": randomBytes(32).toString("hex"),
    });
    const file: FileRecord = {
      id: randomUUID(),
      customerId,
      category,
      headers,
      query: query.toString(),
      expiresAt: Date.now() + lifeMs,
      object: undefined,
    };
    this.#db
      .prepare("INSERT INTO files (id, customer_id, category, headers, query, expires_at) VALUES (?, ?, ?, ?, ?, ?)")
      .run(file.id, customerId, category, JSON.stringify(headers), file.query, file.expiresAt);
    return file;
  }

  find(id: string): FileRecord | undefined {
    const row = this.#db
      .prepare<[string], FileRow>(
        `SELECT id, customer_id AS customerId, category, headers, query, expires_at AS expiresAt,
           size, sha256, content_type AS contentType FROM files WHERE id = ?`,
      )
      .get(id);
    if (row === undefined) return undefined;
    const { size, sha256, contentType, headers, ...rest } = row;
    const object = size === null || sha256 === null || contentType === null ? undefined : { size, sha256, contentType };
    return { ...rest, headers: JSON.parse(headers), object };
  }

  /** False where another PUT was faster: a URL is good for one. */
  store(id: string, object: StoredObject): boolean {
    const { changes } = this.#db
      .prepare("UPDATE files SET size = ?, sha256 = ?, content_type = ? WHERE id = ? AND size IS NULL")
      .run(object.size, object.sha256, object.contentType, id);
    return changes === 1;
  }
}

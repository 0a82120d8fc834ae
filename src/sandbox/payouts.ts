import type { PayoutMethod } from "./pricing.js";
import type { StateFile } from "./state-file.js";

export type PayoutStatus = "PENDING" | "PROCESSING" | "SUCCESSFUL" | "FAILED";

export interface PayoutRecipient {
  id: string;
  accountName: string;
  accountNumber: string | null;
  bankName: string | null;
  bankCode: string | null;
  sortCode: string | null;
  iban: string | null;
  routingNumber: string | null;
  email: string | null;
  /** A decimal, in the payout's toCurrency. */
  amount: string;
}

/** One payout in the provider's own books. Amounts are decimals. */
export interface PayoutRecord {
  id: string;
  reference: string;
  merchantReference: string | null;
  customerId: string;
  walletId: string;
  method: PayoutMethod;
  status: PayoutStatus;
  fromCurrency: string;
  toCurrency: string;
  amount: string;
  amountWithoutFee: string;
  fee: string;
  rate: string;
  note: string;
  recipient: PayoutRecipient;
  interac: { question: string; answer: number } | null;
  /** The bank's or Interac's reference, once the payout was successful. */
  externalReference: string | null;
  pairedEventId: string;
  createdAt: number;
  updatedAt: number;
  /** Reads answer 404 until then. */
  visibleAt: number;
}

export interface PayoutFilter {
  startAt?: number;
  endAt?: number;
  walletId?: string;
  customerId?: string;
  merchantReference?: string;
  status?: string;
}

export class Payouts {
  readonly #db: StateFile;

  constructor(db: StateFile) {
    this.#db = db;
  }

  /** `uniqueReference` is null for an account whose references are not kept. */
  add(payout: PayoutRecord, uniqueReference: string | null): void {
    this.#db
      .prepare("INSERT INTO payouts (id, reference, merchant_reference, record) VALUES (?, ?, ?, ?)")
      .run(payout.id, payout.reference, uniqueReference, JSON.stringify(payout));
  }

  save(payout: PayoutRecord): PayoutRecord {
    const saved = { ...payout, updatedAt: Math.max(Date.now(), payout.updatedAt + 1) };
    this.#db.prepare("UPDATE payouts SET record = ? WHERE id = ?").run(JSON.stringify(saved), saved.id);
    return saved;
  }

  find(id: string): PayoutRecord | undefined {
    return this.#findBy("id", id);
  }

  /** Tried as id, then as reference, then as merchant_reference. */
  findByAnyKey(key: string): PayoutRecord | undefined {
    return this.find(key) ?? this.#findBy("reference", key) ?? this.#findBy("merchant_reference", key);
  }

  hasMerchantReference(merchantReference: string): boolean {
    return this.#findBy("merchant_reference", merchantReference) !== undefined;
  }

  /** Oldest first. */
  all(): PayoutRecord[] {
    const records = this.#db.prepare<[], string>("SELECT record FROM payouts ORDER BY seq").pluck().all();
    return records.map((record) => JSON.parse(record));
  }

  /** Newest first. */
  list(filter: PayoutFilter, offset: number, limit: number): { rows: PayoutRecord[]; total: number } {
    const conditions: [string, string | number | undefined][] = [
      ["json_extract(record, '$.visibleAt') <= ?", Date.now()],
      ["created_at >= ?", filter.startAt],
      ["created_at < ?", filter.endAt],
      ["wallet_id = ?", filter.walletId],
      ["customer_id = ?", filter.customerId],
      ["merchant_reference = ?", filter.merchantReference],
      ["status = ?", filter.status],
    ];
    const used = conditions.filter(([, value]) => value !== undefined);
    const where = ["1", ...used.map(([condition]) => condition)].join(" AND ");
    const values = used.map(([, value]) => value);
    const total = this.#db
      .prepare<unknown[], number>(`SELECT count(*) FROM payouts WHERE ${where}`)
      .pluck()
      .get(...values);
    const records = this.#db
      .prepare<unknown[], string>(`SELECT record FROM payouts WHERE ${where} ORDER BY seq DESC LIMIT ? OFFSET ?`)
      .pluck()
      .all(...values, limit, offset);
    return { rows: records.map((record) => JSON.parse(record)), total: total ?? 0 };
  }

  #findBy(column: "id" | "reference" | "merchant_reference", value: string): PayoutRecord | undefined {
    const record = this.#db
      .prepare<[string], string>(`SELECT record FROM payouts WHERE ${column} = ?`)
      .pluck()
      .get(value);
    return record === undefined ? undefined : JSON.parse(record);
  }
}

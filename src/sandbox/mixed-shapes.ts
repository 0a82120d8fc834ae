// The same facts in other shapes: the provider has spelled, nested and typed its fields in many ways over the years. Whatever
// comes out of here says the same to a person as what went in.

import { isLosslessNumber, LosslessNumber } from "lossless-json";

export type ShapedSubject = "payout" | "customer";
type Fields = Record<string, unknown>;

const words: Record<string, readonly string[]> = {
  PENDING: ["PENDING", "pending", " Pending "],
  PROCESSING: ["PROCESSING", "processing", "In Progress", "in-progress"],
  SUCCESSFUL: ["SUCCESSFUL", "successful", "Completed", "COMPLETED", "succeeded", " Success "],
  FAILED: ["FAILED", "failed", "Failed", "FAILURE"],
  VERIFIED: ["VERIFIED", "verified", "Approved"],
  REJECTED: ["REJECTED", "rejected", "Rejected"],
};
const statusNames: Record<ShapedSubject, readonly string[]> = {
  payout: ["transaction_status", "status", "payout_status", "new_status"],
  customer: ["new_status", "verification_status", "status"],
};
/** What a person does not miss, and what may therefore be missing or of the wrong type. */
const optional = new Set([
  "message",
  "comment",
  "developer_note",
  "old_status",
  "customer_email",
  "transaction_fee",
  "transaction_amount_without_fee",
  "extras",
  "business_id",
  "external_reference",
  "source_information",
  "swap_details",
  "rate",
  "phone",
  "id_type",
]);
const times = new Set(["updated_at", "created_at", "date"]);
const extra: Fields = { api_version: 3, meta: { status: "active" }, tags: [], is_test: false, "": null };

/** Every seed gives its own shapes, and the same ones each time. */
export class MixedShapes {
  #seed: number | null = null;

  /** Null: as documented. */
  mix(seed: number | null): void {
    this.#seed = seed;
  }

  webhook(body: Fields, subject: ShapedSubject): Fields {
    if (this.#seed === null) return body;
    const { type, event_type, event_id, ...facts } = body;
    const status = String(facts.transaction_status ?? facts.new_status);
    const mixed = this.#facts(facts, subject);
    const name = this.#pick([
      { type, ...(event_type === undefined ? {} : { event_type }) },
      { event: subject },
      { eventType: `${subject}.status_changed` },
    ]);
    const byName = subject === "customer" ? "VERIFIED REJECTED" : "PROCESSING SUCCESSFUL FAILED";
    if (byName.includes(status) && this.#chance(0.2)) {
      for (const key of statusNames[subject]) delete mixed[key];
      return this.#wrap({ event: `${subject}.${status.toLowerCase()}`, event_id }, this.#spell(mixed), subject);
    }
    return this.#wrap({ ...name, event_id }, this.#spell(mixed), subject);
  }

  /** An answer about one object: `{message, data}`. */
  answer(body: Fields, subject: ShapedSubject): Fields {
    if (this.#seed === null) return body;
    const { data, ...envelope } = body;
    const inner = subject === "payout" ? "transaction" : "customer";
    const facts = this.#spell(this.#facts(data as Fields, subject));
    return this.#pick<Fields>([
      { ...envelope, data: facts },
      { ...envelope, status: "success", data: { [inner]: facts } },
      { ...envelope, data: [facts] },
      { ...envelope, [inner]: facts },
      facts,
    ]);
  }

  #facts(facts: Fields, subject: ShapedSubject): Fields {
    const mixed: Fields = {};
    for (const [name, value] of Object.entries(facts)) {
      const isStatus = ["transaction_status", "new_status", "status", "verification_status"].includes(name);
      if (isStatus) {
        // In an object of its own, the general name is as good as another.
        mixed[this.#pick(statusNames[subject])] = this.#pick(words[String(value)] ?? [String(value)]);
      } else if (optional.has(name) && this.#chance(0.3)) {
        const wrong = this.#pick<unknown>([undefined, null, [], {}, false, "", 7]);
        if (wrong !== undefined) mixed[name] = wrong;
      } else if (times.has(name) && typeof value === "string") {
        mixed[name] = this.#time(new Date(value));
      } else if (isLosslessNumber(value)) {
        mixed[name] = this.#pick<unknown>([value, value.value]);
      } else {
        mixed[name] = value;
      }
    }
    return this.#chance(0.5) ? { ...mixed, ...extra } : mixed;
  }

  #time(date: Date): unknown {
    const iso = date.toISOString();
    return this.#pick<unknown>([
      iso,
      iso.replace("Z", "000Z"),
      iso.replace("Z", "+00:00"),
      iso.replace("T", " ").replace("Z", ""),
      new LosslessNumber(String(date.getTime())),
      String(date.getTime()),
    ]);
  }

  #spell(facts: Fields): Fields {
    const toCamel = (name: string) => name.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
    const spell = this.#pick<(name: string) => string>([(name) => name, (name) => name, toCamel]);
    return Object.fromEntries(Object.entries(facts).map(([name, value]) => [spell(name), value]));
  }

  #wrap(head: Fields, facts: Fields, subject: ShapedSubject): Fields {
    const own = subject === "payout" ? this.#pick(["transaction", "payout"]) : "customer";
    return this.#pick<Fields>([
      { ...facts, ...head },
      { ...facts, ...head, data: null },
      { ...head, data: facts },
      { ...head, data: { [own]: facts } },
      { ...head, [own]: facts },
      { data: { ...facts, ...head } },
    ]);
  }

  #chance(part: number): boolean {
    return this.#random() < part;
  }

  #pick<T>(values: readonly T[]): T {
    return values[Math.floor(this.#random() * values.length)] as T;
  }

  /** Mulberry32. */
  #random(): number {
    this.#seed = ((this.#seed ?? 0) + 0x6d2b79f5) | 0;
    let mixed = this.#seed;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  }
}

import type { CustomerConnection, PayoutConnection } from "../schema/connection.type.js";
import type { PayoutStatistics } from "../schema/payout-statistics.type.js";
import type { CustomerSearch } from "../store/customer.queries.js";
import type { Database } from "../store/database.js";
import { intentByKey } from "../store/intent.queries.js";
import type { PayoutSearch } from "../store/payout.queries.js";
import type { Span } from "../store/payout-statistics.queries.js";
import { type LogFilter, logAfter, logHead } from "../store/status-log.queries.js";
import type { Visibility } from "../store/visibility.js";
import type { Adopter } from "./adopt.js";
import { CursorInvalid, decodeCursor, encodeCursor } from "./cursor.js";
import { type AnyStatusChange, toStatusChange } from "./entities.js";
import { FreshObjects } from "./fresh-objects.js";
import { Freshness } from "./freshness.js";
import { checkKept } from "./kept-log.js";
import { LiveLog } from "./live-log.js";
import { createLoaders, type Loaders } from "./loaders.js";
import { type Countable, customerConnection, type PageArgs, payoutConnection } from "./pages.js";
import { readPayoutStatistics } from "./payout-statistics.js";
import { StatusFeed } from "./status-feed.js";
import type { WakeUps } from "./wake-ups.js";

/** The gateway's own copy of what the provider says: every read is answered from here. */
export class Mirror {
  readonly #database: Database;
  readonly #live: LiveLog;
  readonly #adopter: Adopter;
  readonly #logId: string;
  /** What was written since something was read. */
  readonly freshness: Freshness;
  readonly #objects: FreshObjects;

  private constructor(database: Database, wakeUps: WakeUps, adopter: Adopter, logId: string) {
    this.#database = database;
    this.#live = new LiveLog(database, wakeUps);
    this.#adopter = adopter;
    this.#logId = logId;
    this.freshness = new Freshness(database);
    this.#objects = new FreshObjects(this.freshness);
  }

  static async open(database: Database, wakeUps: WakeUps, adopter: Adopter): Promise<Mirror> {
    const { log_id } = await logHead(database.db);
    return new Mirror(database, wakeUps, adopter, log_id);
  }

  /** `revision` is what `freshness` told of this request; without it everything is read. */
  loaders(visibility: Visibility, revision: number | null = null): Loaders {
    const held = revision === null ? null : this.#objects.at(revision, visibility);
    return createLoaders(this.#database, this.#adopter, visibility, held);
  }

  customers(search: CustomerSearch, page: PageArgs, visibility: Visibility): Promise<CustomerConnection & Countable> {
    return customerConnection(this.#database, search, page, visibility);
  }

  payouts(search: PayoutSearch, page: PageArgs, visibility: Visibility): Promise<PayoutConnection & Countable> {
    return payoutConnection(this.#database, search, page, visibility);
  }

  payoutStatistics(span: Span, periods: number, visibility: Visibility): Promise<PayoutStatistics> {
    return readPayoutStatistics(this.#database, span, periods, visibility);
  }

  /** The id of the payout that the key made, or null. */
  async payoutIdByKey(tenant: string, key: string): Promise<string | null> {
    const intent = await intentByKey(this.#database.db, tenant, "createPayout", key);
    return intent?.subject_id ?? null;
  }

  cursorAt(position: number): string {
    return encodeCursor(this.#logId, position);
  }

  async statusCursor(): Promise<string> {
    return this.cursorAt((await logHead(this.#database.db)).position);
  }

  /** Entries after the cursor, oldest first; without one from the oldest that is kept. */
  async statusChanges(
    after: string | null,
    first: number,
    filter: LogFilter,
    visibility: Visibility,
  ): Promise<AnyStatusChange[]> {
    const position = after === null ? 0 : decodeCursor(this.#logId, after);
    const rows = await logAfter(this.#database.db, position, first, filter, visibility);
    if (after !== null) await this.#check(position);
    return rows.map((row) => toStatusChange(row, this.#logId));
  }

  /** Everything after the cursor, then live; without one from now on. */
  async followStatusChanges(after: string | null, filter: LogFilter, visibility: Visibility): Promise<StatusFeed> {
    const start = after === null ? (await logHead(this.#database.db)).position : decodeCursor(this.#logId, after);
    await this.#check(start);
    return new StatusFeed({ live: this.#live, logId: this.#logId, after: start, filter, visibility });
  }

  async #check(position: number): Promise<void> {
    if (position > (await checkKept(this.#database.db, position)).position) throw new CursorInvalid();
  }
}

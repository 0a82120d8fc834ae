// A list, newest first, that is read page by page and kept right by the stream. What is pushed while a page is on its way
// is applied once more after it: the page may have been read before.

import type { ChangeFragment } from "../generated/operations";
import type { StatusStream } from "./status-stream";

interface Row {
  readonly id: string;
  readonly createdAt: string;
}

export interface Page<T> {
  nodes: readonly T[];
  hasNextPage: boolean;
  endCursor: string | null;
  totalCount: number;
}

export interface ListParts<T> {
  fetchPage(after: string | null): Promise<Page<T>>;
  fetchCount(): Promise<number>;
  rowOf(change: ChangeFragment): T | null;
  /** Whether the row belongs to this list, by what is filtered for. */
  fits(row: T): boolean;
}

export interface ListState<T> {
  rows: readonly T[];
  totalCount: number | null;
  hasNextPage: boolean;
  isLoading: boolean;
  error: string | null;
}

const tellEveryMs = 100;
const recountEveryMs = 2_000;

export class LiveList<T extends Row> {
  readonly #parts: ListParts<T>;
  readonly #rows = new Map<string, T>();
  readonly #changeCounts = new Map<string, number>();
  readonly #tells = new Set<() => void>();
  #sorted: T[] = [];
  #state: ListState<T> = { rows: [], totalCount: null, hasNextPage: true, isLoading: false, error: null };
  #endCursor: string | null = null;
  #pushed: T[] | null = null;
  /** Grows when everything is read anew: a page that was asked for before is not taken any more. */
  #reading = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #recountTimer: ReturnType<typeof setTimeout> | undefined;
  #stops: (() => void)[] = [];
  #stream: StatusStream | null = null;

  constructor(parts: ListParts<T>) {
    this.#parts = parts;
  }

  /** Follows the stream until the answered function is called. */
  open(stream: StatusStream): () => void {
    this.#stream = stream;
    this.#stops = [
      stream.onChanges((changes) => this.#takeChanges(changes)),
      stream.onReset(() => void this.#reload()),
    ];
    void this.loadMore();
    return () => {
      for (const stop of this.#stops.splice(0)) stop();
      clearTimeout(this.#timer);
      clearTimeout(this.#recountTimer);
    };
  }

  readonly state = (): ListState<T> => this.#state;

  readonly subscribe = (tell: () => void): (() => void) => {
    this.#tells.add(tell);
    return () => this.#tells.delete(tell);
  };

  /** How often the row was changed by what was pushed: a highlight begins anew with each. */
  changesOf(id: string): number {
    return this.#changeCounts.get(id) ?? 0;
  }

  async loadMore(): Promise<void> {
    if (this.#state.isLoading || !this.#state.hasNextPage) return;
    const reading = this.#reading;
    this.#pushed = [];
    this.#tellNow({ isLoading: true, error: null });
    try {
      const { nodes, hasNextPage, endCursor, totalCount } = await this.#parts.fetchPage(this.#endCursor);
      if (reading !== this.#reading) return;
      for (const node of nodes) this.#rows.set(node.id, node);
      this.#endCursor = endCursor;
      this.#state = { ...this.#state, hasNextPage, totalCount };
      this.#sort();
      for (const row of this.#pushed) this.#place(row);
      if (this.#pushed.length > 0) this.#recountSoon();
      this.#tellNow({ isLoading: false });
    } catch (error) {
      if (reading !== this.#reading) return;
      this.#tellNow({ isLoading: false, error: error instanceof Error ? error.message : String(error) });
    } finally {
      if (reading === this.#reading) this.#pushed = null;
    }
  }

  async #reload(): Promise<void> {
    this.#reading += 1;
    this.#rows.clear();
    this.#sorted = [];
    this.#endCursor = null;
    this.#tellNow({ rows: [], hasNextPage: true, isLoading: false });
    await this.loadMore();
  }

  #takeChanges(changes: readonly ChangeFragment[]): void {
    for (const change of changes) {
      const row = this.#parts.rowOf(change);
      if (!row) continue;
      this.#pushed?.push(row);
      this.#place(row);
    }
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#tellNow({});
    }, tellEveryMs);
  }

  #place(row: T): void {
    const last = this.#sorted.at(-1);
    if (!this.#rows.has(row.id)) {
      // What lies beyond the last page that was read comes with its own page; whether it was counted is not known here.
      if (this.#state.hasNextPage && last && isNewer(last, row)) this.#recountSoon();
      else if (this.#parts.fits(row)) this.#insert(row);
      return;
    }
    const index = this.#sorted.findIndex(({ id }) => id === row.id);
    if (this.#parts.fits(row)) {
      this.#sorted[index] = row;
      this.#keep(row);
    } else {
      this.#sorted.splice(index, 1);
      this.#rows.delete(row.id);
      this.#count(-1);
    }
  }

  #insert(row: T): void {
    const index = this.#sorted.findIndex((other) => isNewer(row, other));
    this.#sorted.splice(index === -1 ? this.#sorted.length : index, 0, row);
    this.#keep(row);
    this.#count(1);
  }

  #keep(row: T): void {
    this.#rows.set(row.id, row);
    this.#changeCounts.set(row.id, this.changesOf(row.id) + 1);
  }

  #count(by: number): void {
    const { totalCount } = this.#state;
    if (totalCount !== null) this.#state = { ...this.#state, totalCount: totalCount + by };
  }

  #recountSoon(): void {
    this.#recountTimer ??= setTimeout(async () => {
      await this.#stream?.whenLive();
      this.#recountTimer = undefined;
      if (this.#stops.length === 0) return;
      // Without an answer the count stays as it was until the next one.
      const totalCount = await this.#parts.fetchCount().catch(() => this.#state.totalCount);
      this.#tellNow({ totalCount });
    }, recountEveryMs);
  }

  #sort(): void {
    this.#sorted = [...this.#rows.values()].sort((one, other) => (isNewer(one, other) ? -1 : 1));
  }

  #tellNow(part: Partial<ListState<T>>): void {
    this.#state = { ...this.#state, ...part, rows: [...this.#sorted] };
    for (const tell of this.#tells) tell();
  }
}

function isNewer(one: Row, other: Row): boolean {
  return one.createdAt === other.createdAt ? one.id > other.id : one.createdAt > other.createdAt;
}

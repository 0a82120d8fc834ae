// What happened in a schedule, as those saw it who took part.

export type CallOutcome =
  | { kind: "answered"; payoutId: string; status: string; transactionId: string | null; isReplay: boolean }
  | { kind: "refused"; codes: string[] }
  | { kind: "error"; code: string; message: string }
  | { kind: "lost" };

export interface ClientCall {
  key: string;
  atMs: number;
  node: number;
  /** How long the caller waited, and how long it would have. */
  tookMs: number;
  patienceMs: number;
  outcome: CallOutcome;
}

export interface CustomerCall {
  key: string;
  email: string;
  atMs: number;
  tookMs: number;
  patienceMs: number;
  outcome: { kind: "answered"; customerId: string } | Exclude<CallOutcome, { kind: "answered" }>;
}

/** A webhook that a node has answered with success. */
export interface TakenWebhook {
  contentHash: string;
  rawBody: string;
  atMs: number;
  /** Signed by the provider, and about other facts than its books. */
  isLie: boolean;
}

export interface Delivered {
  /** Where the subscriber began; its chain has to follow from here. */
  start: string;
  cursors: string[];
  errors: string[];
}

export class History {
  readonly startedAt = performance.now();
  readonly calls: ClientCall[] = [];
  readonly customerCalls: CustomerCall[] = [];
  readonly webhooks: TakenWebhook[] = [];
  /** What was told against the books, taken or not. */
  readonly lies: string[] = [];
  readonly subscribers: Delivered[] = [];
  /** Wall-clock moments at which a node's own memory of the provider's budget began anew. */
  readonly starts: number[] = [];
  readonly counts = new Map<string, number>();

  get nowMs(): number {
    return Math.round(performance.now() - this.startedAt);
  }

  count(name: string, by = 1): void {
    this.counts.set(name, (this.counts.get(name) ?? 0) + by);
  }
}

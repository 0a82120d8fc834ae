// How far the path has come, kept for this tab so that a reload goes on from there. A payment has one key from its first
// attempt on: whatever is clicked twice, sent again or reloaded, it is paid once.

export type Step = "customer" | "documents" | "payment" | "confirm" | "result";

export interface Attempt {
  key: string;
  /** What was sent under the key, to the letter. */
  input: string;
  /** Set while it is not known what became of it. */
  isOpen: boolean;
}

export interface PayState {
  step: Step;
  /** One key for the customer that the form creates. */
  customerKey: string;
  customerId: string | null;
  payment: Record<string, string>;
  attempt: Attempt | null;
  payoutId: string | null;
}

const place = "payout-gateway.pay";

export function newPayState(customerId: string | null = null): PayState {
  return {
    step: customerId ? "documents" : "customer",
    customerKey: crypto.randomUUID(),
    customerId,
    payment: {},
    attempt: null,
    payoutId: null,
  };
}

export function readPayState(): PayState | null {
  const kept = sessionStorage.getItem(place);
  return kept === null ? null : (JSON.parse(kept) as PayState);
}

export function keepPayState(state: PayState): void {
  sessionStorage.setItem(place, JSON.stringify(state));
}

/** The attempt to be made now: the one whose outcome is not known goes on; only where none is, there is a new key. */
export function attemptFor(input: string): Attempt {
  const before = readPayState()?.attempt;
  return before?.isOpen ? before : { key: crypto.randomUUID(), input, isOpen: true };
}

import { useEffect, useState } from "react";
import { type Change, followPayout } from "./follow-payout";

export interface PayoutStatus {
  /** Null until it is known. */
  status: string | null;
  /** Oldest first, as far back as the gateway keeps them. */
  changes: readonly Change[];
  /** False while the line is down: what is shown may be old. */
  isLive: boolean;
  /** Why the gateway does not tell. */
  error: string | null;
}

const unknown: PayoutStatus = { status: null, changes: [], isLive: false, error: null };

export function usePayoutStatus(payoutId: string, authorization?: () => string): PayoutStatus {
  const [state, setState] = useState(unknown);
  useEffect(() => {
    const left = new AbortController();
    const update = (change: (state: PayoutStatus) => PayoutStatus) => {
      if (!left.signal.aborted) setState(change);
    };
    setState(unknown);
    followPayout({
      url: `${location.origin.replace(/^http/, "ws")}/graphql`,
      payoutId,
      ...(authorization ? { authorization } : {}),
      signal: left.signal,
      onSnapshot: (snapshot) => update((state) => ({ ...state, ...snapshot })),
      onChange: (change) => update((state) => ({ ...state, status: change.to, changes: [...state.changes, change] })),
      onConnection: (isLive) => update((state) => ({ ...state, isLive })),
    }).catch((error: Error) => update((state) => ({ ...state, isLive: false, error: error.message })));
    return () => left.abort();
  }, [payoutId, authorization]);
  return state;
}

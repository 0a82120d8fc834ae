import { useEffect, useState } from "react";
import { type Change, followPayout } from "./follow-payout";

export interface PayoutStatus {
  /** Oldest first. */
  changes: readonly Change[];
  /** False while the line is down: what is shown may be old. */
  isLive: boolean;
  /** Why the gateway does not tell. */
  error: string | null;
}

const unknown: PayoutStatus = { changes: [], isLive: false, error: null };

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
      onChanges: (more) => update((state) => ({ ...state, changes: [...state.changes, ...more] })),
      onConnection: (isLive) => update((state) => ({ ...state, isLive })),
    }).catch((error: Error) => update((state) => ({ ...state, isLive: false, error: error.message })));
    return () => left.abort();
  }, [payoutId, authorization]);
  return state;
}

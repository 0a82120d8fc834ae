import { useEffect, useRef, useSyncExternalStore } from "react";
import type { ChangeFragment } from "../generated/operations";
import { type Connection, StatusStream, type StreamState } from "./status-stream";

/** The page's one stream. */
export const stream = new StatusStream();

export function useStreamState(): StreamState {
  return useSyncExternalStore(stream.subscribe, stream.state);
}

/** The connection alone: unlike the whole state it does not change with each change that is received. */
export function useConnection(): Connection {
  return useSyncExternalStore(stream.subscribe, () => stream.state().connection);
}

export function useIsReady(): boolean {
  return useSyncExternalStore(stream.subscribe, () => stream.state().isReady);
}

/** Calls back some time after changes that matter; those that come together are told once. */
export function useAfterChanges(
  matters: (change: ChangeFragment) => boolean,
  tell: () => void,
  atMostEveryMs = 200,
): void {
  const latest = useRef({ matters, tell });
  latest.current = { matters, tell };
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let isClosed = false;
    const soon = () => {
      timer ??= setTimeout(async () => {
        await stream.whenLive();
        timer = undefined;
        if (!isClosed) latest.current.tell();
      }, atMostEveryMs);
    };
    const stopChanges = stream.onChanges((changes) => {
      if (changes.some((change) => latest.current.matters(change))) soon();
    });
    const stopResets = stream.onReset(soon);
    return () => {
      isClosed = true;
      clearTimeout(timer);
      stopChanges();
      stopResets();
    };
  }, [atMostEveryMs]);
}

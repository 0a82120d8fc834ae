// Every status change of a payout, once and in order, however often the connection breaks: the cursor of the last change
// is kept, and each new connection goes on from there. A page that was away for longer than the gateway keeps changes begins
// anew from what the payout is now.

import { type Client, createClient } from "graphql-ws";

export interface Change {
  cursor: string;
  to: string;
  occurredAt: string;
}

/** The payout as it is, and how it came there as far back as that is kept. */
export interface Snapshot {
  status: string;
  changes: readonly Change[];
}

export interface FollowArgs {
  /** The gateway's `/graphql`, as ws: or wss:. */
  url: string;
  payoutId: string;
  /** Asked for anew with each connection; not needed in the sandbox. */
  authorization?: () => string;
  /** Takes the place of all that was told before. */
  onSnapshot(snapshot: Snapshot): void;
  onChange(change: Change): void;
  onConnection(isLive: boolean): void;
  signal: AbortSignal;
}

const fields = "cursor to occurredAt";
const soFar = `query ($id: ID!) {
  payout(id: $id) { status cursor statusChanges(first: 100) { ... on PayoutStatusChange { ${fields} } } }
}`;
const fromThere = `subscription ($id: ID!, $after: Cursor) {
  payoutStatusChanged(payoutId: $id, after: $after) { ${fields} }
}`;

const longestWaitMs = 10_000;

/** Ends when the signal says so; throws where the gateway refuses, since it would the next time, too. */
export async function followPayout(args: FollowArgs): Promise<void> {
  const { payoutId: id, onSnapshot, onChange, onConnection, signal } = args;
  // Who has left in the same breath, as React's strict mode does, never connects.
  await null;
  let cursor: string | null = null;
  for (let failures = 0; !signal.aborted; failures += 1) {
    const client = connect(args);
    const stop = () => client.terminate();
    signal.addEventListener("abort", stop);
    try {
      if (cursor === null) {
        const { payout } = await once<{ payout: PayoutSoFar | null }>(client, soFar, { id });
        if (!payout) throw new Refused("There is no such payout.");
        // The payout may have moved on while its changes were read; of an old one no change may be kept.
        const last = payout.statusChanges.at(-1);
        onSnapshot({ status: last?.to ?? payout.status, changes: payout.statusChanges });
        cursor = last?.cursor ?? payout.cursor;
      }
      const variables: Record<string, unknown> = { id, after: cursor };
      const events = client.iterate<{ payoutStatusChanged: Change }>({ query: fromThere, variables });
      for await (const { data, errors } of events) {
        if (errors) throw errors;
        if (!data) continue;
        failures = 0;
        onChange(data.payoutStatusChanged);
        cursor = data.payoutStatusChanged.cursor;
      }
    } catch (error) {
      if (signal.aborted) return;
      // What came after the cursor is not kept any more, so the payout is read anew.
      if (isExpired(error)) cursor = null;
      else {
        const refusal = toRefusal(error);
        if (refusal) throw refusal;
      }
    } finally {
      signal.removeEventListener("abort", stop);
      void client.dispose();
    }
    onConnection(false);
    // A random part, so that not all pages come back at once.
    await wait(Math.min(250 * 2 ** failures, longestWaitMs) * (0.5 + Math.random() / 2), signal);
  }
}

interface PayoutSoFar {
  status: string;
  cursor: string;
  statusChanges: Change[];
}

class Refused extends Error {}

function connect({ url, authorization, onConnection }: FollowArgs): Client {
  let silence: ReturnType<typeof setTimeout>;
  const client = createClient({
    url,
    // One socket for the query and the subscription after it.
    lazyCloseTimeout: 1_000,
    // Left to itself the library would repeat the first `after`, and with it all changes since.
    retryAttempts: 0,
    ...(authorization ? { connectionParams: () => ({ authorization: authorization() }) } : {}),
    keepAlive: 10_000,
    on: {
      connected: () => onConnection(true),
      // A line can die without a word: then no pong comes.
      ping: (isReceived) => {
        if (!isReceived) silence = setTimeout(() => client.terminate(), 5_000);
      },
      pong: (isReceived) => {
        if (isReceived) clearTimeout(silence);
      },
      closed: () => clearTimeout(silence),
    },
  });
  return client;
}

async function once<T>(client: Client, query: string, variables: Record<string, unknown>): Promise<T> {
  for await (const { data, errors } of client.iterate<T>({ query, variables })) {
    if (errors) throw new Refused(errors[0]?.message);
    if (data) return data;
  }
  throw new Error("No answer came.");
}

function isExpired(error: unknown): boolean {
  return Array.isArray(error) && error[0]?.extensions?.code === "CURSOR_EXPIRED";
}

/** What the gateway says no to: its errors, and a credential that it does not take. Null for a line that broke. */
function toRefusal(error: unknown): Refused | null {
  if (error instanceof Refused) return error;
  if (Array.isArray(error)) return new Refused(error[0]?.message);
  const { code, reason } = error as Partial<CloseEvent>;
  return code === 4403 ? new Refused(reason) : null;
}

function wait(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

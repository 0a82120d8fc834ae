// Every status change, once and in order, for the whole page. The position of the last one is kept: after a lost
// connection what was missed is read from there, and only then does the stream go on live.

import { type Client, createClient } from "graphql-ws";
import { stringifyDocument, type TypedDocumentNode } from "urql";
import { type ChangeFragment, LiveDocument, MissedDocument, PositionDocument } from "../generated/operations";
import { authorization, onCredential } from "../session/credential";
import { isCursorFault, isRefusal, type Refusal, toFault } from "./stream-faults";

export type Connection =
  | { phase: "connecting" }
  | { phase: "live"; since: number }
  | { phase: "catching up"; from: number }
  | { phase: "offline"; since: number }
  | { phase: "signed out"; reason: string | null };

export interface StreamState {
  connection: Connection;
  /** A position is known: what is asked from now on and what the stream brings leave no gap between them. */
  isReady: boolean;
  received: number;
  reconnects: number;
}

const pingEveryMs = 5_000;
const pongWithinMs = 4_000;
const longestWaitMs = 10_000;
const missedPage = 100;

export class StatusStream {
  #state: StreamState = { connection: { phase: "connecting" }, isReady: false, received: 0, reconnects: 0 };
  #cursor: string | null = null;
  /** The position was lost, and nobody was told yet. */
  #isReset = false;
  #socket: WebSocket | null = null;
  #client: Client | null = null;
  #wake = () => {};
  readonly #onState = new Set<() => void>();
  readonly #onChanges = new Set<(changes: readonly ChangeFragment[]) => void>();
  readonly #onReset = new Set<() => void>();

  start(): void {
    window.addEventListener("offline", () => this.#client?.terminate());
    window.addEventListener("online", () => this.#wake());
    onCredential(() => this.#renew());
    void this.#run();
  }

  readonly state = (): StreamState => this.#state;

  readonly subscribe = (tell: () => void): (() => void) => {
    this.#onState.add(tell);
    return () => this.#onState.delete(tell);
  };

  /** Resolves as soon as there is a connection: what is only refreshed can wait for it. */
  async whenLive(): Promise<void> {
    while (this.#state.connection.phase !== "live") {
      await new Promise<void>((resolve) => {
        const stop = this.subscribe(() => {
          stop();
          resolve();
        });
      });
    }
  }

  onChanges(tell: (changes: readonly ChangeFragment[]) => void): () => void {
    this.#onChanges.add(tell);
    return () => this.#onChanges.delete(tell);
  }

  /** The position was lost: whatever was read has to be read again. */
  onReset(tell: () => void): () => void {
    this.#onReset.add(tell);
    return () => this.#onReset.delete(tell);
  }

  signOut(reason: string | null): void {
    this.#set({ connection: { phase: "signed out", reason } });
    this.#client?.terminate();
  }

  async #run(): Promise<void> {
    let failures = 0;
    for (;;) {
      if (this.#state.connection.phase === "signed out") await this.#woken();
      if (!navigator.onLine) await this.#woken();
      const liveBefore = this.#state.reconnects;
      try {
        await this.#follow();
      } catch (error) {
        const fault = toFault(error);
        if (isRefusal(fault)) this.#refused(fault);
        else if (isCursorFault(fault)) this.#beginAnew(fault.cursor);
      }
      if (this.#state.connection.phase === "signed out") continue;
      this.#lost();
      failures = this.#state.reconnects > liveBefore ? 0 : failures + 1;
      await this.#woken(Math.min(250 * 2 ** failures, longestWaitMs) * (0.5 + Math.random() / 2));
    }
  }

  async #follow(): Promise<void> {
    const client = this.#connect();
    this.#client = client;
    try {
      const from = this.#cursor ?? (await once(client, PositionDocument, {})).statusCursor;
      this.#beginAt(from);
      await this.#catchUp(client, from);
      this.#set({
        connection: { phase: "live", since: Date.now() },
        isReady: true,
        reconnects: this.#state.reconnects + 1,
      });
      const query = stringifyDocument(LiveDocument);
      for await (const { data, errors } of client.iterate<{ statusChanged: ChangeFragment }>({
        query,
        variables: { after: this.#cursor },
      })) {
        if (errors) throw errors;
        if (data) this.#take([data.statusChanged]);
      }
    } finally {
      this.#client = null;
      void client.dispose();
    }
  }

  async #catchUp(client: Client, from: string): Promise<void> {
    let after = from;
    for (;;) {
      const { statusChanges } = await once(client, MissedDocument, { after });
      if (statusChanges.length > 0) this.#take(statusChanges);
      if (statusChanges.length < missedPage) return;
      after = this.#cursor ?? after;
    }
  }

  #take(changes: readonly ChangeFragment[]): void {
    this.#cursor = changes.at(-1)?.cursor ?? this.#cursor;
    for (const tell of this.#onChanges) tell(changes);
    this.#set({ received: this.#state.received + changes.length });
  }

  #connect(): Client {
    let pongDue: ReturnType<typeof setTimeout> | undefined;
    return createClient({
      url: `${location.origin.replace(/^http/, "ws")}/graphql`,
      connectionParams: authorization,
      retryAttempts: 0,
      // The socket is kept between the question for the position and the subscription.
      lazyCloseTimeout: 2_000,
      keepAlive: pingEveryMs,
      on: {
        opened: (socket) => {
          this.#socket = socket as WebSocket;
        },
        connected: () => {
          const { connection } = this.#state;
          if (connection.phase !== "offline") return;
          this.#set({ connection: { phase: "catching up", from: connection.since } });
        },
        ping: (isReceived) => {
          if (isReceived) return;
          pongDue = setTimeout(() => this.#client?.terminate(), pongWithinMs);
        },
        pong: (isReceived) => {
          if (isReceived) clearTimeout(pongDue);
        },
        closed: () => {
          clearTimeout(pongDue);
          this.#socket = null;
        },
      },
    });
  }

  /** An open socket takes a new credential in a ping; a refused one is opened anew. */
  #renew(): void {
    const { authorization: value } = authorization();
    if (value === undefined) return;
    if (this.#state.connection.phase === "signed out") {
      this.#set({ connection: this.#cursor ? { phase: "offline", since: Date.now() } : { phase: "connecting" } });
      this.#wake();
    } else if (this.#socket?.readyState === WebSocket.OPEN) {
      this.#socket.send(JSON.stringify({ type: "ping", payload: { authorization: value } }));
    }
  }

  #refused({ reason }: Refusal): void {
    // Without a credential the refusal is no news: that is how the page finds out that it needs one.
    this.#set({ connection: { phase: "signed out", reason: "authorization" in authorization() ? reason : null } });
  }

  /** Without a position, as soon as there is one again. */
  #beginAnew(cursor: string | null): void {
    this.#isReset = true;
    this.#cursor = null;
    if (cursor !== null) this.#beginAt(cursor);
  }

  /** What is read before the position is known could miss what happens up to it. */
  #beginAt(cursor: string): void {
    this.#cursor = cursor;
    if (!this.#isReset) return;
    this.#isReset = false;
    for (const tell of this.#onReset) tell();
  }

  #lost(): void {
    const { connection } = this.#state;
    if (connection.phase === "offline") return;
    const since = connection.phase === "catching up" ? connection.from : Date.now();
    this.#set({ connection: { phase: "offline", since } });
  }

  #woken(withinMs?: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = withinMs === undefined ? undefined : setTimeout(resolve, withinMs);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #set(part: Partial<StreamState>): void {
    this.#state = { ...this.#state, ...part };
    for (const tell of this.#onState) tell();
  }
}

async function once<Data, Variables extends Record<string, unknown>>(
  client: Client,
  document: TypedDocumentNode<Data, Variables>,
  variables: Variables,
): Promise<Data> {
  for await (const { data, errors } of client.iterate<Data>({ query: stringifyDocument(document), variables })) {
    if (errors) throw errors;
    if (data) return data;
  }
  throw new Error("The connection ended before the answer came.");
}

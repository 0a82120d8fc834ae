// The demo is a client like any other: it knows the gateway by HTTP and WebSocket alone.

import { createClient } from "graphql-ws";
import WebSocket from "ws";

export interface UserError {
  field: string[] | null;
  code: string;
  message: string;
}

export interface StatusChange {
  /** What moved: Customer, Document or Payout. */
  subject: string;
  to: string;
  source: string;
}

interface StatusChanged {
  __typename: string;
  source: string;
  customerTo?: string;
  documentTo?: string;
  payoutTo?: string;
}

// One name for `to`, whose type differs between the three kinds.
const statusChanged = `subscription ($after: Cursor, $customerId: ID) {
  statusChanged(after: $after, customerId: $customerId) {
    __typename
    source
    ... on CustomerStatusChange { customerTo: to }
    ... on DocumentStatusChange { documentTo: to }
    ... on PayoutStatusChange { payoutTo: to }
  }
}`;

export class DemoClient {
  readonly #url: string;

  constructor(url: string) {
    this.#url = url;
  }

  async run<T>(query: string, variables: Record<string, unknown> = {}): Promise<T> {
    return this.#read(
      await fetch(`${this.#url}/graphql`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ query, variables }),
      }),
    );
  }

  /** A GraphQL multipart request with one file, at the variable `file`. */
  async upload<T>(query: string, variables: Record<string, unknown>, file: File): Promise<T> {
    const form = new FormData();
    form.set("operations", JSON.stringify({ query, variables: { ...variables, file: null } }));
    form.set("map", JSON.stringify({ 0: ["variables.file"] }));
    form.set("0", file);
    return this.#read(
      await fetch(`${this.#url}/graphql`, {
        method: "POST",
        headers: { "apollo-require-preflight": "true" },
        body: form,
      }),
    );
  }

  /** Calls back for each status change of the customer until the answer is true; throws the signal's reason. */
  async follow(
    after: string,
    customerId: string,
    signal: AbortSignal,
    isDone: (change: StatusChange) => boolean,
  ): Promise<void> {
    const client = createClient({ url: `${this.#url.replace(/^http/, "ws")}/graphql`, webSocketImpl: WebSocket });
    const changes = client.iterate<{ statusChanged: StatusChanged }>({
      query: statusChanged,
      variables: { after, customerId },
    });
    const stop = () => void changes.return?.();
    signal.addEventListener("abort", stop);
    try {
      for await (const { data, errors } of changes) {
        if (errors) throw new Error(errors[0]?.message);
        if (data && isDone(toStatusChange(data.statusChanged))) return;
      }
      signal.throwIfAborted();
    } finally {
      signal.removeEventListener("abort", stop);
      await client.dispose();
    }
  }

  async #read<T>(response: Response): Promise<T> {
    const { data, errors } = (await response.json()) as { data: T; errors?: { message: string }[] };
    if (errors) throw new Error(errors.map(({ message }) => message).join(" "));
    return data;
  }
}

function toStatusChange({ __typename, source, customerTo, documentTo, payoutTo }: StatusChanged): StatusChange {
  return { subject: __typename.replace("StatusChange", ""), source, to: customerTo ?? documentTo ?? payoutTo ?? "" };
}

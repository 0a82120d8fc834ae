// A client of the public API: HTTP, multipart, WebSocket and SSE, as a browser or a partner's server would use them.

import { type Client, createClient } from "graphql-ws";
import WebSocket from "ws";

export interface Answer<T = Record<string, unknown>> {
  data?: T | null;
  errors?: { message: string; path?: (string | number)[]; extensions?: Record<string, unknown> }[];
}

export interface UserError {
  field: string[] | null;
  code: string;
  message: string;
}

export interface TestFile {
  name: string;
  type: string;
  bytes: Uint8Array<ArrayBuffer>;
}

export interface ChangeSeen {
  __typename: string;
  cursor: string;
  source: string;
  reason: string | null;
  from: string | null;
  to: string;
  id: string;
}

export const statusChangeFields = `__typename cursor source reason
  ... on CustomerStatusChange { customerFrom: from customerTo: to customer { id } }
  ... on DocumentStatusChange { documentFrom: from documentTo: to document { id } }
  ... on PayoutStatusChange { payoutFrom: from payoutTo: to payout { id } }`;

/** One spelling for what the three kinds of change call by their own types. */
// biome-ignore lint/suspicious/noExplicitAny: an answer of whatever shape the test asked for
export function toChangeSeen(raw: any): ChangeSeen {
  const kind = raw.__typename.replace("StatusChange", "").toLowerCase();
  return {
    __typename: raw.__typename,
    cursor: raw.cursor,
    source: raw.source,
    reason: raw.reason,
    from: raw[`${kind}From`],
    to: raw[`${kind}To`],
    id: raw[kind].id,
  };
}

export class TestClient {
  readonly url: string;
  readonly #authorization: Record<string, string>;
  readonly #sockets: Client[] = [];

  /** `credential` is a token or an API key. */
  constructor(url: string, credential?: string) {
    this.url = url;
    this.#authorization = credential === undefined ? {} : { authorization: `Bearer ${credential}` };
  }

  async post(body: unknown, headers: Record<string, string> = {}): Promise<Response> {
    return fetch(`${this.url}/graphql`, {
      method: "POST",
      headers: { "content-type": "application/json", ...this.#authorization, ...headers },
      body: typeof body === "string" ? body : JSON.stringify(body),
    });
  }

  /** The answer as it came, errors included. */
  // biome-ignore lint/suspicious/noExplicitAny: the test knows what it asked for
  async request<T = any>(query: string, variables: Record<string, unknown> = {}): Promise<Answer<T>> {
    const response = await this.post({ query, variables });
    const text = await response.text();
    // What stands between may have answered in the gateway's place.
    if (response.status >= 502 && !text.startsWith("{")) throw new Error(`${response.status} ${text}`);
    return JSON.parse(text) as Answer<T>;
  }

  /** The data; a top-level error fails the test. */
  // biome-ignore lint/suspicious/noExplicitAny: the test knows what it asked for
  async run<T = any>(query: string, variables: Record<string, unknown> = {}): Promise<T> {
    return dataOf(await this.request<T>(query, variables));
  }

  /** A GraphQL multipart request; `files` maps a variable's path, e.g. `variables.input.file`, to its file. */
  // biome-ignore lint/suspicious/noExplicitAny: the test knows what it asked for
  async upload<T = any>(
    query: string,
    variables: Record<string, unknown>,
    files: Record<string, TestFile>,
  ): Promise<Answer<T>> {
    const form = new FormData();
    form.set("operations", JSON.stringify({ query, variables }));
    form.set("map", JSON.stringify(Object.fromEntries(Object.keys(files).map((path, index) => [index, [path]]))));
    for (const [index, { name, type, bytes }] of Object.values(files).entries()) {
      form.set(String(index), new File([bytes], name, { type }));
    }
    const response = await fetch(`${this.url}/graphql`, {
      method: "POST",
      headers: { "apollo-require-preflight": "true", ...this.#authorization },
      body: form,
    });
    return (await response.json()) as Answer<T>;
  }

  /** Follows `statusChanged` over WebSocket. */
  follow(args: { after?: string; customerId?: string; payoutId?: string } = {}): Following {
    const query = `subscription ($after: Cursor, $customerId: ID, $payoutId: ID) {
      statusChanged(after: $after, customerId: $customerId, payoutId: $payoutId) { ${statusChangeFields} }
    }`;
    const socket = createClient({
      url: `${this.url.replace("http", "ws")}/graphql`,
      webSocketImpl: WebSocket,
      connectionParams: this.#authorization,
    });
    this.#sockets.push(socket);
    return new Following(socket, query, args);
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets.splice(0)) await socket.dispose();
  }

  // ------------------------------------------------------------- the three steps, valid by default

  async createCustomer(input: Record<string, unknown> = {}) {
    const { createCustomer } = await this.run(
      `mutation ($input: CreateCustomerInput!) {
        createCustomer(input: $input) { customer { id status cursor } replayed userErrors { field code message } }
      }`,
      { input: customerInput(input) },
    );
    return createCustomer;
  }

  /** A customer that the provider has verified. */
  async verifiedCustomer(input: Record<string, unknown> = {}): Promise<{ id: string }> {
    const { customer } = await this.createCustomer(input);
    const verified = this.follow({ after: customer.cursor, customerId: customer.id });
    const { data } = await this.upload(
      `mutation ($input: SubmitDocumentsInput!) {
        submitDocuments(input: $input) { customer { id } userErrors { field code message } }
      }`,
      { input: { customerId: customer.id, documents: [{ category: "IDENTITY", file: null }] } },
      { "variables.input.documents.0.file": pngFile() },
    );
    if (!data?.submitDocuments.customer) throw new Error(JSON.stringify(data));
    await verified.until((change) => change.to === "VERIFIED");
    await verified.stop();
    return customer;
  }

  /** Resolves with the payout once it has the status, also where it has it already. */
  // biome-ignore lint/suspicious/noExplicitAny: the test knows what it asked for
  async payoutReaching(id: string, status: string, fields = "id"): Promise<any> {
    const read = () => this.run(`query ($id: ID!) { payout(id: $id) { status cursor ${fields} } }`, { id });
    const { payout } = await read();
    if (payout.status === status) return payout;
    const following = this.follow({ payoutId: id, after: payout.cursor });
    await following.until(({ to }) => to === status);
    await following.stop();
    return (await read()).payout;
  }

  async createPayout(input: Record<string, unknown>) {
    const { createPayout } = await this.run(
      `mutation ($input: CreatePayoutInput!) {
        createPayout(input: $input) {
          payout { id status transactionId merchantReference failureReason amount { amount currency } fee { amount currency }
            recipient { accountName accountNumber amount { amount currency } } }
          replayed userErrors { field code message }
        }
      }`,
      { input: payoutInput(input) },
    );
    return createPayout;
  }
}

/** A subscription whose events can be waited for. */
export class Following {
  readonly seen: ChangeSeen[] = [];
  readonly #events: AsyncIterableIterator<Answer>;

  constructor(socket: Client, query: string, variables: Record<string, unknown>) {
    this.#events = socket.iterate({ query, variables }) as AsyncIterableIterator<Answer>;
  }

  /** Takes events until one fits, and answers with all that came so far. */
  async until(isLast: (change: ChangeSeen) => boolean): Promise<ChangeSeen[]> {
    for (;;) {
      const { value, done } = await this.#events.next();
      if (done) throw new Error("The subscription ended.");
      const change = toChangeSeen((dataOf(value) as { statusChanged: unknown }).statusChanged);
      this.seen.push(change);
      if (isLast(change)) return this.seen;
    }
  }

  async stop(): Promise<void> {
    await this.#events.return?.();
  }
}

function dataOf<T>({ data, errors }: Answer<T>): T {
  if (errors) throw new Error(JSON.stringify(errors));
  return data as T;
}

let serial = 0;

/** Unique within a run, so that no two tests share a customer or a key. */
export function unique(prefix: string): string {
  serial += 1;
  return `${prefix}-${process.pid}-${Date.now()}-${serial}`;
}

export function customerInput(input: Record<string, unknown> = {}) {
  return {
    type: "INDIVIDUAL",
    firstName: "Ada",
    lastName: "Obi",
    email: `${unique("ada")}@example.com`,
    country: "NG",
    idType: "PASSPORT",
    idNumber: unique("A"),
    ...input,
  };
}

/** The simulated provider's wallets. */
export const wallets = {
  NGN: "71d0a9c2-0001-4a6e-b0f1-000000000566",
  CAD: "71d0a9c2-0002-4a6e-b0f1-000000000124",
  USD: "71d0a9c2-0003-4a6e-b0f1-000000000840",
  EUR: "71d0a9c2-0004-4a6e-b0f1-000000000978",
  GBP: "71d0a9c2-0005-4a6e-b0f1-000000000826",
};

export function payoutInput(input: Record<string, unknown>) {
  return {
    idempotencyKey: unique("key"),
    walletId: wallets.NGN,
    sourceCurrency: "NGN",
    amount: { send: "5000.00" },
    destination: { ngnBank: { bankId: "1", accountNumber: "0222500691" } },
    ...input,
  };
}

const smallestPng = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg==";

/** A PNG file, filled up with bytes behind its end to the size that is asked for. */
export function pngFile(size = 0, name = "passport.png"): TestFile {
  const head = Buffer.from(smallestPng, "base64");
  const bytes = new Uint8Array(Math.max(size, head.length));
  bytes.set(head);
  return { name, type: "image/png", bytes };
}

import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { type Sandbox, type SandboxOptions, startSandbox } from "../../src/sandbox/sandbox.js";

export interface Answer {
  status: number;
  headers: Headers;
  text: string;
  /** Parsed with floats; exact amounts are in text. */
  body: unknown;
}

export interface SandboxClient {
  sandbox: Sandbox;
  /** With the key header; a text body is sent as it is. */
  call(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
}

export interface Delivery {
  path: string;
  headers: IncomingHttpHeaders;
  rawBody: string;
  body: Record<string, unknown>;
}

export interface PresignedUrl {
  file_id: string;
  url: string;
  /** In the shape `texts`; a sandbox answers in another one unless told. */
  headers: Record<string, string>;
}

export interface WebhookReceiver {
  url: string;
  deliveries: Delivery[];
  /** Resolves once so many deliveries matched. */
  wait(count: number, isWanted?: (delivery: Delivery) => boolean): Promise<Delivery[]>;
  /** Answers each delivery with this status from now on. */
  answerWith(status: number): void;
}

/** A text deep inside an answer. */
export function at(value: unknown, path: string): string {
  let found = value;
  for (const name of path.split(".")) found = (found as Record<string, unknown> | undefined)?.[name];
  if (typeof found !== "string") throw new Error(`no text at ${path}`);
  return found;
}

const stops: (() => Promise<void>)[] = [];

/** For afterEach. */
export async function stopAll(): Promise<void> {
  for (const stop of stops.splice(0).reverse()) await stop();
}

/** A sandbox in a hurry, with no memory and no rate limit unless told. */
export async function startSandboxClient(options: Partial<SandboxOptions> = {}): Promise<SandboxClient> {
  const sandbox = await startSandbox({
    port: 0,
    stateFile: ":memory:",
    reviewDelayMs: 20,
    payoutStepDelayMs: 20,
    retryScheduleMs: [20, 20, 20],
    rateLimit: { perMinute: 100_000, perHour: 100_000 },
    ...options,
  });
  stops.push(() => sandbox.stop());
  return { sandbox, call: createCall(sandbox) };
}

function createCall(sandbox: Sandbox): SandboxClient["call"] {
  return async (method, path, body, headers) => {
    const response = await fetch(`${sandbox.url}/api/external${path}`, {
      method,
      headers: {
        "x-blaaiz-api-key": sandbox.apiKey,
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...headers,
      },
      body: body === undefined || typeof body === "string" ? body : JSON.stringify(body),
    });
    const text = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      text,
      body: text === "" ? undefined : JSON.parse(text),
    };
  };
}

export async function startWebhookReceiver(): Promise<WebhookReceiver> {
  const deliveries: Delivery[] = [];
  const waiting = new Set<() => void>();
  let status = 200;
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const rawBody = Buffer.concat(chunks).toString();
    deliveries.push({ path: request.url ?? "", headers: request.headers, rawBody, body: JSON.parse(rawBody) });
    response.writeHead(status).end();
    for (const check of waiting) check();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  stops.push(
    () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  );
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/webhooks`,
    deliveries,
    wait: (count, isWanted = () => true) =>
      new Promise((resolve) => {
        const check = () => {
          const wanted = deliveries.filter(isWanted);
          if (wanted.length < count) return;
          waiting.delete(check);
          resolve(wanted);
        };
        waiting.add(check);
        check();
      }),
    answerWith: (next) => {
      status = next;
    },
  };
}

export const individual = {
  type: "individual",
  first_name: "Ada",
  last_name: "Obi",
  email: "ada@example.com",
  country: "NG",
  id_type: "passport",
  id_number: "A12345678",
};

export const wallets = {
  NGN: "71d0a9c2-0001-4a6e-b0f1-000000000566",
  CAD: "71d0a9c2-0002-4a6e-b0f1-000000000124",
  USD: "71d0a9c2-0003-4a6e-b0f1-000000000840",
  EUR: "71d0a9c2-0004-4a6e-b0f1-000000000978",
  GBP: "71d0a9c2-0005-4a6e-b0f1-000000000826",
};

export async function createCustomer({ call }: SandboxClient, email = individual.email): Promise<string> {
  const { body } = await call("POST", "/customer", { ...individual, email });
  return at(body, "data.id");
}

/** The sandbox's own routes, which are not the provider's. */
export async function control({ sandbox }: SandboxClient, path: string, body: unknown): Promise<number> {
  const response = await fetch(`${sandbox.url}/_sandbox${path}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  await response.arrayBuffer();
  return response.status;
}

/** Verified by hand, so that a test about payouts waits for nothing. */
export async function createVerifiedCustomer(client: SandboxClient, email?: string): Promise<string> {
  const id = await createCustomer(client, email);
  await control(client, `/customers/${id}/status`, { status: "VERIFIED" });
  return id;
}

/** Asks for a place and PUTs the bytes there; answers the file id. */
export async function uploadFile({ call }: SandboxClient, customerId: string, category = "identity"): Promise<string> {
  const { body } = await call("POST", "/file/get-presigned-url", { customer_id: customerId, file_category: category });
  const { url, file_id: fileId } = body as PresignedUrl;
  const stored = await fetch(url, {
    method: "PUT",
    headers: { "content-type": "image/png" },
    body: "a picture",
  });
  if (stored.status !== 200) throw new Error(`the storage answered ${stored.status}`);
  return fileId;
}

/** A payout within Nigeria; what is given replaces or adds fields, undefined leaves one out. */
export function ngnPayout(customerId: string, fields: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    wallet_id: wallets.NGN,
    customer_id: customerId,
    method: "bank_transfer",
    from_currency_id: "NGN",
    to_currency_id: "NGN",
    from_amount: 5000,
    bank_id: "2",
    account_number: "0222500691",
    ...fields,
  };
}

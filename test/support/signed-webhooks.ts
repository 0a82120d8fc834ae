// The provider's side of a webhook: signs the bytes and hands them over, in whatever way a test needs.

import { createHmac } from "node:crypto";
import { type IncomingHttpHeaders, request } from "node:http";

export interface WebhookAnswer {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
}

export interface WebhookSigner {
  gateway: { url: string };
  secret: string;
}

export function unixSeconds(offset = 0): string {
  return String(Math.floor(Date.now() / 1000) + offset);
}

export function signatureOf(rawBody: string | Buffer, secret: string, timestamp: string): string {
  return createHmac("sha256", secret).update(`${timestamp}.`).update(rawBody).digest("hex");
}

/** One delivery, signed as the provider signs it. What is not text is sent as JSON. */
export function deliver({ gateway, secret }: WebhookSigner, event: unknown, timestamp = unixSeconds()) {
  const rawBody = typeof event === "string" || Buffer.isBuffer(event) ? event : JSON.stringify(event);
  return post(gateway.url, rawBody, {
    "x-blaaiz-signature": signatureOf(rawBody, secret, timestamp),
    "x-blaaiz-timestamp": timestamp,
  });
}

/** A delivery with exactly these headers, also such as fetch would refuse to send. JSON unless told; undefined: no type. */
export function post(
  gatewayUrl: string,
  rawBody: string | Buffer,
  headers: Record<string, string | string[] | undefined>,
  { method = "POST", path = "/webhooks" } = {},
): Promise<WebhookAnswer> {
  const typed = { "content-type": "application/json", ...headers };
  const sent = Object.fromEntries(Object.entries(typed).filter(([, value]) => value !== undefined));
  return new Promise((resolve, reject) => {
    const outgoing = request(`${gatewayUrl}${path}`, { method, headers: sent, agent: false }, async (answer) => {
      const chunks: Buffer[] = [];
      for await (const chunk of answer) chunks.push(chunk as Buffer);
      resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text: Buffer.concat(chunks).toString() });
    });
    outgoing.once("error", reject);
    outgoing.end(rawBody);
  });
}

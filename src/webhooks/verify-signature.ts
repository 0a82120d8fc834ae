// Only the holder of a signing secret can write to us: the signature covers the timestamp header and the body, both
// exactly as they were received. A parsed and printed body is another body.

import { createHmac, timingSafeEqual } from "node:crypto";
import { toDate } from "../datasources/provider-time.js";

export interface SignedDelivery {
  rawBody: Buffer;
  signature: string | undefined;
  timestamp: string | undefined;
  /** Several while a secret is rotated. */
  secrets: string[];
  toleranceSeconds: number;
  now: Date;
}

export type SignatureVerdict =
  | { ok: true; secretIndex: number }
  | { ok: false; reason: "MISSING" | "MALFORMED" | "MISMATCH" | "STALE" };

const hexDigest = /^[0-9a-f]{64}$/i;
const unixTime = /^\d{1,16}$/;

// No second of this era has so many digits, so a number from here on counts milliseconds.
const firstMilliseconds = 100_000_000_000;

export function verifySignature(delivery: SignedDelivery): SignatureVerdict {
  const { rawBody, signature, timestamp, secrets, toleranceSeconds, now } = delivery;
  if (!signature || !timestamp) return { ok: false, reason: "MISSING" };
  const signedAt = toSigningTime(timestamp);
  // A header that came twice can be a list here, whatever its type says.
  if (signedAt === null || typeof signature !== "string" || !hexDigest.test(signature)) {
    return { ok: false, reason: "MALFORMED" };
  }
  const secretIndex = findSecret(secrets, timestamp, rawBody, Buffer.from(signature, "hex"));
  if (secretIndex === -1) return { ok: false, reason: "MISMATCH" };
  if (Math.abs(now.getTime() - signedAt) > toleranceSeconds * 1000) return { ok: false, reason: "STALE" };
  return { ok: true, secretIndex };
}

/** Tries every secret to the end, so that the time taken does not tell which one matched. */
function findSecret(secrets: string[], timestamp: string, rawBody: Buffer, received: Buffer): number {
  let found = -1;
  for (const [index, secret] of secrets.entries()) {
    const expected = createHmac("sha256", secret).update(`${timestamp}.`).update(rawBody).digest();
    const isMatch = timingSafeEqual(expected, received);
    // Anyone can sign with an empty key.
    if (isMatch && secret !== "" && found === -1) found = index;
  }
  return found;
}

function toSigningTime(timestamp: string): number | null {
  if (unixTime.test(timestamp)) {
    const value = Number(timestamp);
    return value < firstMilliseconds ? value * 1000 : value;
  }
  try {
    return toDate(timestamp).getTime();
  } catch {
    return null;
  }
}

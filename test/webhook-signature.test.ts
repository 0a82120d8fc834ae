import { createHmac } from "node:crypto";
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { type SignedDelivery, verifySignature } from "../src/webhooks/verify-signature.js";
import { published, testWithPublished } from "./support/published.js";

interface Vector {
  name: string;
  secret: string;
  timestamp: string;
  rawBody: string;
  signature: string;
  isValid: boolean;
}

const vectors: Vector[] = JSON.parse(
  readFileSync(new URL("./fixtures/webhooks/signature-vectors.json", import.meta.url), "utf8"),
);

const now = new Date("2026-03-13T14:30:00.000Z");
const nowSeconds = String(now.getTime() / 1000);
const rawBody = Buffer.from('{"transaction_amount":20.0,"note":"a\\/b"}\n');

function sign(timestamp: string, body: Buffer | string = rawBody, secret = "secret-1"): string {
  return createHmac("sha256", secret).update(`${timestamp}.`).update(body).digest("hex");
}

function delivery(changes: Partial<SignedDelivery> = {}): SignedDelivery {
  const timestamp = changes.timestamp ?? nowSeconds;
  return {
    rawBody,
    signature: sign(timestamp),
    timestamp,
    secrets: ["secret-1"],
    toleranceSeconds: 300,
    now,
    ...changes,
  };
}

function verifyVector(vector: Vector) {
  return verifySignature({
    rawBody: Buffer.from(vector.rawBody),
    signature: vector.signature,
    timestamp: vector.timestamp,
    secrets: [vector.secret],
    toleranceSeconds: 300,
    now: new Date(Number(vector.timestamp) * 1000),
  });
}

test.each(vectors)("the signature vector $name is judged as it should be", (vector) => {
  expect(verifyVector(vector).ok).toBe(vector.isValid);
});

testWithPublished("our signature vectors are the published ones", () => {
  const theirs: { name: string; signature: string; raw_body: string; valid: boolean }[] = JSON.parse(
    readFileSync(published("upstream/examples/signature-vectors.json"), "utf8"),
  ).vectors;
  expect(vectors.map(({ name, signature, rawBody: body, isValid }) => [name, signature, body, isValid])).toEqual(
    theirs.map(({ name, signature, raw_body, valid }) => [name, signature, raw_body, valid]),
  );
});

test("a right signature says which secret made it", () => {
  expect(verifySignature(delivery())).toEqual({ ok: true, secretIndex: 0 });
});

test("while a secret is rotated, the old and the new one are both accepted", () => {
  const secrets = ["secret-2", "secret-1"];
  expect(verifySignature(delivery({ secrets }))).toEqual({ ok: true, secretIndex: 1 });
  const signature = sign(nowSeconds, rawBody, "secret-2");
  expect(verifySignature(delivery({ secrets, signature }))).toEqual({ ok: true, secretIndex: 0 });
});

test("a signature made with another secret or an empty one is not accepted", () => {
  const mismatch = { ok: false, reason: "MISMATCH" };
  expect(verifySignature(delivery({ secrets: ["other"] }))).toEqual(mismatch);
  expect(verifySignature(delivery({ secrets: [] }))).toEqual(mismatch);
  const signature = sign(nowSeconds, rawBody, "");
  expect(verifySignature(delivery({ secrets: ["", "secret-1"], signature }))).toEqual(mismatch);
});

test("a body that was parsed and printed again does not verify", () => {
  const reprinted = Buffer.from(JSON.stringify(JSON.parse(rawBody.toString())));
  expect(verifySignature(delivery({ rawBody: reprinted }))).toEqual({ ok: false, reason: "MISMATCH" });
});

test("a signature over the body alone, as older clients made it, is not accepted", () => {
  const bodyOnly = createHmac("sha256", "secret-1").update(rawBody).digest("hex");
  expect(verifySignature(delivery({ signature: bodyOnly }))).toEqual({ ok: false, reason: "MISMATCH" });
  const prefixed = `sha256=${sign(nowSeconds)}`;
  expect(verifySignature(delivery({ signature: prefixed }))).toEqual({ ok: false, reason: "MALFORMED" });
});

test("one changed byte anywhere in the body is noticed", () => {
  fc.assert(
    fc.property(fc.nat({ max: rawBody.length - 1 }), fc.integer({ min: 1, max: 255 }), (at, flip) => {
      const tampered = Buffer.from(rawBody);
      tampered[at] = (tampered[at] ?? 0) ^ flip;
      expect(verifySignature(delivery({ rawBody: tampered }))).toEqual({ ok: false, reason: "MISMATCH" });
    }),
  );
});

test.each([
  ["seconds", nowSeconds],
  ["milliseconds", String(now.getTime())],
  ["ISO 8601", now.toISOString()],
  ["ISO 8601 with microseconds and an offset", "2026-03-13T15:30:00.000000+01:00"],
])("a timestamp in %s is understood and is part of what is signed", (_, timestamp) => {
  expect(verifySignature(delivery({ timestamp }))).toEqual({ ok: true, secretIndex: 0 });
  const other = sign("1773412201");
  expect(verifySignature(delivery({ timestamp, signature: other }))).toEqual({ ok: false, reason: "MISMATCH" });
});

test.each([
  [-301, false],
  [-300, true],
  [300, true],
  [301, false],
])("a delivery signed %d seconds from now is fresh: %s", (seconds, isFresh) => {
  const timestamp = String(Number(nowSeconds) + seconds);
  const stale = { ok: false, reason: "STALE" };
  expect(verifySignature(delivery({ timestamp }))).toEqual(isFresh ? { ok: true, secretIndex: 0 } : stale);
});

test("a missing header is told from a malformed one", () => {
  const missing = { ok: false, reason: "MISSING" };
  expect(verifySignature(delivery({ signature: undefined }))).toEqual(missing);
  expect(verifySignature(delivery({ signature: "" }))).toEqual(missing);
  expect(verifySignature({ ...delivery(), timestamp: undefined })).toEqual(missing);
});

test.each([
  ["odd length", sign(nowSeconds).slice(1)],
  ["too short", "ab"],
  ["too long", `${sign(nowSeconds)}00`],
  ["full-width digits", "\uff10".repeat(64)],
  ["two headers joined", `${sign(nowSeconds)}, ${sign(nowSeconds)}`],
  ["a line break at the end", `${sign(nowSeconds)}\n`],
])("a signature with %s is malformed", (_, signature) => {
  expect(verifySignature(delivery({ signature }))).toEqual({ ok: false, reason: "MALFORMED" });
});

test("headers that came as lists are malformed, not a crash", () => {
  const list = [sign(nowSeconds), sign(nowSeconds)] as unknown as string;
  expect(verifySignature(delivery({ signature: list }))).toEqual({ ok: false, reason: "MALFORMED" });
  const times = [nowSeconds, "x"] as unknown as string;
  expect(verifySignature({ ...delivery(), timestamp: times })).toEqual({ ok: false, reason: "MALFORMED" });
});

test("no header and no body makes verification throw or succeed by chance", () => {
  const header = fc.option(fc.oneof(fc.string({ unit: "binary" }), fc.stringMatching(/^[0-9a-fA-F]{60,66}$/)), {
    nil: undefined,
  });
  const time = fc.option(fc.oneof(fc.string({ unit: "binary" }), fc.constant(nowSeconds), fc.nat().map(String)), {
    nil: undefined,
  });
  fc.assert(
    fc.property(fc.uint8Array(), header, time, (bytes, signature, timestamp) => {
      const verdict = verifySignature({ ...delivery(), rawBody: Buffer.from(bytes), signature, timestamp });
      expect(verdict).toEqual({ ok: false, reason: expect.stringMatching(/^(MISSING|MALFORMED|MISMATCH)$/) });
    }),
  );
});

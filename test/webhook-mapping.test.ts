import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { parse } from "lossless-json";
import type { Change, PayoutChange } from "../src/datasources/changes.js";
import { classifyEvent } from "../src/webhooks/classify-event.js";
import { toChanges, UnreadableEvent } from "../src/webhooks/to-changes.js";
import { published, testWithPublished } from "./support/published.js";

const payloads = new URL("./fixtures/webhooks/payloads/", import.meta.url);
const payloadNames = readdirSync(payloads).sort();
const individual = "5f0c1d7e-2b44-4b61-8a3c-7d1e9b2f4c10";
const business = "0190a6da-34a9-7033-81b9-12489e0f13e2";

function payload(name: string): Buffer {
  return readFileSync(new URL(name, payloads));
}

function edited(name: string, edit: (body: Record<string, unknown>) => void): Buffer {
  const body: Record<string, unknown> = JSON.parse(payload(name).toString());
  edit(body);
  return Buffer.from(JSON.stringify(body));
}

function changesOf(rawBody: Buffer): Change[] {
  return toChanges(classifyEvent(rawBody));
}

function payoutChangeOf(rawBody: Buffer): PayoutChange {
  const [change] = changesOf(rawBody);
  if (change?.kind !== "payout") throw new Error("not a payout change");
  return change;
}

function failureOf(rawBody: Buffer): unknown {
  try {
    return changesOf(rawBody);
  } catch (error) {
    return error;
  }
}

const recipients = {
  cad: { accountName: "Jane Roe", amount: "19.6", currency: "CAD" },
  eur: {
    accountName: "Hans Beispiel",
    accountNumber: "DE89370400440532013000",
    bankName: "Commerzbank",
    amount: "996.0",
    currency: "EUR",
  },
  gbp: {
    accountName: "Jane Roe",
    accountNumber: "12345678",
    bankName: "Lloyds Bank",
    amount: "497.0",
    currency: "GBP",
  },
  // Nothing in the event tells a naira account from another: the currency stays open.
  ngn: { accountName: "Ada Obi", accountNumber: "0222500691", bankName: "Zenith Bank", amount: "4950.0" },
  usd: {
    accountName: "Jane Roe",
    accountNumber: "123456789012",
    bankName: "Chase Bank",
    amount: "495.0",
    currency: "USD",
  },
  kes: { accountName: "Jane Roe", accountNumber: "+254700000000", bankName: "M-PESA", amount: "12820.5" },
  xof: { accountName: "Jane Roe", accountNumber: "+22500000000", bankName: "MTN Côte d'Ivoire", amount: "59400.0" },
};

const money: Record<keyof typeof recipients, [number: string, amount: string, fee: string, currency: string]> = {
  ngn: ["1", "5000.0", "50.0", "NGN"],
  cad: ["2", "20.0", "0.4", "CAD"],
  usd: ["3", "500.0", "5.0", "USD"],
  eur: ["4", "1000.0", "4.0", "EUR"],
  gbp: ["5", "500.0", "3.0", "GBP"],
  kes: ["6", "100.0", "1.0", "USD"],
  xof: ["7", "100.0", "1.0", "USD"],
};

function payout(to: keyof typeof recipients, status: string) {
  const [number, amount, fee, currency] = money[to];
  return {
    kind: "payout",
    transactionId: `a1000000-0000-4000-8000-00000000000${number}`,
    merchantReference: `gw-payout-${to}-0001`,
    status,
    occurredAt: null,
    details: {
      reference: `b2000000-0000-4000-8000-00000000000${number}`,
      customerId: individual,
      amount: { amount, currency },
      fee: { amount: fee, currency },
      recipient: recipients[to],
      ...(to === "cad" ? { interacInstruction: { question: "What is the PIN?", answer: "1234" } } : {}),
    },
  };
}

function customer(id: string, status: string, reason: string | null = null, occurredAt = "2026-03-13T14:30:00.000Z") {
  const email = id === individual ? "ada.obi@example.com" : "ops@acme.example";
  return { kind: "customer", id, status, reason, occurredAt: new Date(occurredAt), details: { email } };
}

const expected: Record<string, unknown> = {
  "customer.created.json": customer(individual, "PENDING", null, "2026-03-13T14:00:00.000Z"),
  "customer.pending.scope-upgrade.business.json": customer(business, "PENDING", null, "2026-05-07T09:00:00.000Z"),
  "customer.processing.business.json": customer(business, "PROCESSING"),
  "customer.rejected.business.json": customer(business, "REJECTED", "See owner and document comments."),
  "customer.rejected.json": customer(individual, "REJECTED", "Identity document is expired."),
  "customer.verified.business.json": customer(business, "VERIFIED"),
  "customer.verified.json": customer(individual, "VERIFIED"),
  "payout.cad.same-event-id-pair.1.json": payout("cad", "PENDING"),
  "payout.cad.same-event-id-pair.2.json": payout("cad", "SUCCESSFUL"),
  "payout.completed.cad.json": payout("cad", "SUCCESSFUL"),
  "payout.completed.enveloped-alternate.json": {
    ...payout("ngn", "SUCCESSFUL"),
    occurredAt: new Date("2026-03-13T14:30:00.000Z"),
  },
  "payout.completed.eur.json": payout("eur", "SUCCESSFUL"),
  "payout.completed.gbp.json": payout("gbp", "SUCCESSFUL"),
  "payout.completed.mobile-money-kes.json": payout("kes", "SUCCESSFUL"),
  "payout.completed.mobile-money-xof.json": payout("xof", "SUCCESSFUL"),
  "payout.completed.ngn.json": payout("ngn", "SUCCESSFUL"),
  "payout.completed.usd.json": payout("usd", "SUCCESSFUL"),
  "payout.failed.cad.json": payout("cad", "FAILED"),
  "payout.failed.eur.json": payout("eur", "FAILED"),
  "payout.failed.gbp.json": payout("gbp", "FAILED"),
  "payout.failed.ngn.json": payout("ngn", "FAILED"),
  "payout.failed.usd.json": payout("usd", "FAILED"),
  "payout.initiated.cad.json": payout("cad", "PENDING"),
  "payout.initiated.eur.json": payout("eur", "PENDING"),
  "payout.initiated.gbp.json": payout("gbp", "PENDING"),
  "payout.initiated.ngn.json": payout("ngn", "PENDING"),
  "payout.initiated.usd.json": payout("usd", "PENDING"),
  "payout.processing.ngn.json": payout("ngn", "PROCESSING"),
  "payout.reversed.gbp.json": {
    ...payout("gbp", "FAILED"),
    reason: "Transaction Reversed",
    details: { ...payout("gbp", "FAILED").details, failureReason: "Transaction Reversed" },
  },
};

test.each(payloadNames)("the payload %s changes what it should", (name) => {
  const event = classifyEvent(payload(name));
  const change = expected[name];
  if (change === undefined) {
    expect(event).toMatchObject({ kind: "other", subject: null });
    expect(toChanges(event)).toEqual([]);
  } else {
    expect(toChanges(event)).toEqual([change]);
  }
});

test("every payload that is about a payout or a customer has its expectation, and there are no others", () => {
  const named = payloadNames.filter((name) => /^(payout|customer)\./.test(name));
  expect(named).toEqual(Object.keys(expected).sort());
  expect(payloadNames).toHaveLength(57);
});

testWithPublished("our payloads carry what the published examples carry", () => {
  const examples = published("upstream/examples/webhooks/");
  const theirs = readdirSync(examples).flatMap((name) => {
    const example: { body?: unknown; bodies?: unknown[] } = JSON.parse(readFileSync(new URL(name, examples), "utf8"));
    return example.bodies ?? [example.body];
  });
  const ours = payloadNames.map((name) => JSON.parse(payload(name).toString()));
  expect(ours).toEqual(expect.arrayContaining(theirs));
  expect(ours).toHaveLength(theirs.length);
});

test("events are known by their subject, so that they can be applied in order for each", () => {
  expect(classifyEvent(payload("payout.completed.eur.json"))).toMatchObject({
    kind: "payout",
    type: "payout",
    subject: "a1000000-0000-4000-8000-000000000004",
  });
  expect(classifyEvent(payload("customer.verified.json"))).toMatchObject({
    kind: "customer",
    type: "customer.status_changed",
    subject: individual,
  });
});

test("every published payload is an event of its own", () => {
  const keys = payloadNames.map((name) => classifyEvent(payload(name)).dedupeKey);
  expect(new Set(keys).size).toBe(keys.length);
});

test("two statuses under one event id are two events", () => {
  const [initiated, completed] = [1, 2].map((n) => classifyEvent(payload(`payout.cad.same-event-id-pair.${n}.json`)));
  expect(initiated?.body?.event_id).toBe(completed?.body?.event_id);
  expect(initiated?.dedupeKey).not.toBe(completed?.dedupeKey);
});

test("the same event with other bytes keeps its key and shows another content", () => {
  const once = classifyEvent(payload("payout.completed.ngn.json"));
  const again = classifyEvent(payload("payout.completed.ngn.json"));
  const other = classifyEvent(
    edited("payout.completed.ngn.json", (body) => {
      body.transaction_amount = 1;
    }),
  );
  expect([again.dedupeKey, again.contentHash]).toEqual([once.dedupeKey, once.contentHash]);
  expect(other.dedupeKey).toBe(once.dedupeKey);
  expect(other.contentHash).not.toBe(once.contentHash);
});

test("without an event id the bytes themselves are the key, but a virtual account has its own", () => {
  const session = payload("merchant.kyc.session.completed.json");
  const hash = createHash("sha256").update(session).digest("hex");
  expect(classifyEvent(session)).toMatchObject({ dedupeKey: `sha256:${hash}`, contentHash: hash });
  const spaced = Buffer.concat([payload("virtual_account.ready.gbp.json"), Buffer.from("\n")]);
  const ready = classifyEvent(payload("virtual_account.ready.gbp.json"));
  expect(classifyEvent(spaced).dedupeKey).toBe(ready.dedupeKey);
});

test("an event id of any length makes a key that fits an index", () => {
  const long = edited("payout.completed.ngn.json", (body) => {
    body.event_id = "e".repeat(10_000);
  });
  const longer = edited("payout.completed.ngn.json", (body) => {
    body.event_id = "e".repeat(10_001);
  });
  expect(classifyEvent(long).dedupeKey.length).toBeLessThan(200);
  expect(classifyEvent(long).dedupeKey).not.toBe(classifyEvent(longer).dedupeKey);
});

test.each([
  ["nothing", ""],
  ["half a body", '{"type":"payout","transaction_id":"a1"'],
  ["a list", '[{"type":"payout"}]'],
  ["a number", "12"],
  ["a form", "type=payout"],
  ["broken UTF-8", Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])],
  ["very deep nesting", `${"[".repeat(200_000)}`],
])("a body of %s is kept as unknown and parked", (_, body) => {
  const event = classifyEvent(Buffer.from(body as string));
  expect(event).toMatchObject({ kind: "unknown", type: "", subject: null, body: null });
  expect(event.dedupeKey).toBe(`sha256:${event.contentHash}`);
  expect(() => toChanges(event)).toThrow(UnreadableEvent);
});

test("a type that nobody told us of is kept as unknown and parked", () => {
  const event = classifyEvent(Buffer.from('{"type":"loan.granted","event_id":"e1","status":"done"}'));
  expect(event).toMatchObject({ kind: "unknown", type: "loan.granted" });
  expect(() => toChanges(event)).toThrow(UnreadableEvent);
});

test.each(["crypto.payout.completed", "auto_deposit_email.active", "refund.updated", "collection"])(
  "%s is known, and none of our business",
  (type) => {
    expect(changesOf(Buffer.from(JSON.stringify({ type, event_id: "e1" })))).toEqual([]);
  },
);

test("amounts come out with the digits they went in with", () => {
  const body = payload("payout.completed.ngn.json")
    .toString()
    .replace('"transaction_amount": 5000.0', '"transaction_amount": 9007199254740993.01')
    .replace('"transaction_fee": 50.0', '"transaction_fee": "0.10"');
  const { details } = payoutChangeOf(Buffer.from(body));
  expect(details.amount).toEqual({ amount: "9007199254740993.01", currency: "NGN" });
  expect(details.fee).toEqual({ amount: "0.10", currency: "NGN" });
});

test("the status is read in any case, and COMPLETED is SUCCESSFUL", () => {
  const completed = edited("payout.completed.ngn.json", (body) => {
    body.transaction_status = "completed";
  });
  expect(payoutChangeOf(completed).status).toBe("SUCCESSFUL");
});

test.each([
  ["Transaction Failed", undefined],
  ["Payout failed.", undefined],
  ["Beneficiary bank rejected the transfer", "Beneficiary bank rejected the transfer"],
])("the message %j of a failed payout explains: %j", (message, reason) => {
  const change = payoutChangeOf(
    edited("payout.failed.ngn.json", (body) => {
      body.message = message;
    }),
  );
  expect([change.reason, change.details.failureReason]).toEqual([reason, reason]);
});

test("the message of a payout that has not failed is no reason", () => {
  const body = edited("payout.completed.ngn.json", (fields) => {
    fields.message = "Paid in full";
  });
  expect(payoutChangeOf(body).reason).toBeUndefined();
});

test("an Interac answer is text, whether it came as a number or as text", () => {
  const body = payload("payout.initiated.cad.json").toString();
  const asText = Buffer.from(body.replace('"answer": 1234', '"answer": "0123"'));
  expect(payoutChangeOf(asText).details.interacInstruction?.answer).toBe("0123");
  const none = Buffer.from(body.replace('"answer": 1234', '"answer": null'));
  expect(payoutChangeOf(none).details.interacInstruction).toBeUndefined();
});

test("an IBAN stands for the account number where that is missing", () => {
  const body = edited("payout.completed.eur.json", (fields) => {
    delete (fields.recipient as Record<string, unknown>).account_number;
  });
  expect(payoutChangeOf(body).details.recipient?.accountNumber).toBe("DE89370400440532013000");
});

test("a recipient's currency is left open where the wallet has another one", () => {
  const body = edited("payout.completed.eur.json", (fields) => {
    fields.transaction_currency = "USD";
  });
  const { details } = payoutChangeOf(body);
  expect(details.recipient).toMatchObject({ amount: "996" });
  expect(details.recipient?.currency).toBeUndefined();
  expect(details.amount?.currency).toBe("USD");
});

test("empty parts of a payload wipe nothing that is known from elsewhere", () => {
  const body = edited("payout.completed.ngn.json", (fields) => {
    Object.assign(fields, { merchant_reference: null, recipient: [], extras: [], transaction_fee: null });
  });
  const change = payoutChangeOf(body);
  expect(change.merchantReference).toBeUndefined();
  expect(change.details).toMatchObject({ recipient: undefined, interacInstruction: undefined, fee: undefined });
});

test("an unknown status word is refused, not guessed", () => {
  const word = "ON_HOLD";
  const payoutOnHold = edited("payout.completed.ngn.json", (body) => {
    body.transaction_status = word;
  });
  const customerOnHold = edited("customer.verified.json", (body) => {
    body.new_status = word;
  });
  expect(failureOf(payoutOnHold)).toMatchObject({
    name: "UnreadableEvent",
    message: 'The payout status "ON_HOLD" of transaction a1000000-0000-4000-8000-000000000001 is not known.',
  });
  expect(failureOf(customerOnHold)).toMatchObject({
    message: `The customer status "ON_HOLD" of customer ${individual} is not known.`,
  });
});

test.each([
  ["payout.completed.ngn.json", "transaction_status", 5, 'The payout status "5" of transaction a1000000'],
  ["payout.completed.ngn.json", "transaction_status", { secret: 1 }, "The event about transaction a1000000"],
  ["payout.completed.ngn.json", "transaction_status", null, "has no status."],
  ["customer.verified.json", "customer_id", null, 'The customer event "customer.status_changed" has no customer id.'],
])("%s with the %s %j is parked with its reason", (name, field, value, reason) => {
  const body = edited(name, (fields) => {
    fields[field] = value;
  });
  const error = failureOf(body);
  expect(error).toBeInstanceOf(UnreadableEvent);
  const { message } = error as UnreadableEvent;
  expect(message).toContain(reason);
  expect(message).not.toContain("secret");
});

test.each([
  ["payout.completed.ngn.json", "transaction_amount", "12,50 secret"],
  ["payout.completed.ngn.json", "transaction_currency", "NAIRA-secret"],
  ["payout.completed.ngn.json", "recipient", "secret"],
  ["payout.completed.ngn.json", "transaction_id", { secret: 1 }],
  ["customer.verified.json", "updated_at", "secret"],
  ["customer.verified.json", "customer_email", ["secret"]],
])("%s with a wrong %s keeps its status, and the field is left out", (name, field, value) => {
  const [change] = changesOf(
    edited(name, (fields) => {
      fields[field] = value;
    }),
  );
  expect(change).toMatchObject({ status: name.startsWith("payout") ? "SUCCESSFUL" : "VERIFIED" });
  expect(JSON.stringify(change)).not.toContain("secret");
});

describe("an event in another shape", () => {
  const change = (body: unknown) => changesOf(Buffer.from(JSON.stringify(body)))[0];

  test.each([
    [{ event: "payout", data: { transaction_id: "t", status: "Completed" } }],
    [{ event: "payout.completed", data: { id: "t" } }],
    [{ event: "payout.completed", status: "success", data: { transactionId: "t" } }],
    [{ eventType: "Payout.Completed", data: { transaction: { id: "t", transaction_status: null } } }],
    [{ type: "payout", payout: { id: "t", status: "succeeded" }, status: true }],
    [{ type: "PAYOUT", transactionId: "t", transactionStatus: " successful " }],
    [{ type: "payout", transaction_id: "t", data: { status: "SUCCESS" } }],
    [{ type: "payout", status: "SUCCESSFUL", data: { transaction_id: "t" } }],
    [{ type: "payout", transaction_id: "t", status: "successful", customer: { id: "c", status: "REJECTED" } }],
    [{ type: "payout", data: [{ transaction_id: "t", status: "successful" }] }],
    [{ transaction_id: "t", transaction_status: "SUCCESSFUL", recipient: { account_name: "Ada" } }],
  ])("%j says that the payout is SUCCESSFUL", (body) => {
    expect(change(body)).toMatchObject({ kind: "payout", transactionId: "t", status: "SUCCESSFUL" });
  });

  test.each([
    [{ event_type: "customer.verified", customer_id: "c" }],
    [{ event: "customer_verified", data: { id: "c", type: "individual" } }],
    [{ event: "customer.status_changed", customer: { id: "c", status: "Verified" } }],
    [{ type: "customer", customerId: "c", status: "approved", old_status: "REJECTED" }],
    [{ type: "customer", data: { customer_id: "c", verification_status: "VERIFIED" } }],
    [{ customer_id: "c", new_status: "VERIFIED" }],
  ])("%j says that the customer is VERIFIED", (body) => {
    expect(change(body)).toMatchObject({ kind: "customer", id: "c", status: "VERIFIED" });
  });

  test("a customer's creation without a time never puts a customer back", () => {
    expect(change({ event: "customer.created", customer_id: "c" })).toMatchObject({
      status: "PENDING",
      ifUnmovedSince: 0,
    });
  });

  test.each([
    [{ type: "payout", transaction_id: "t", transaction_status: "ON_HOLD", status: "SUCCESSFUL" }],
    [{ type: "payout", status: "success", data: { transaction_id: "t" } }],
    [{ type: "payout", transaction_id: "t", recipient: { status: "SUCCESSFUL" } }],
    [{ type: "payout", transaction_id: "t", customer: { status: "VERIFIED" } }],
    [{ type: "customer.document.reviewed", customer_id: "c", status: "APPROVED" }],
    [{ transaction_id: "t", transaction_status: "SUCCESSFUL", source_information: {}, recipient: {} }],
  ])("%j is not guessed at", (body) => {
    expect(() => change(body)).toThrow(UnreadableEvent);
  });
});

test("a payout event without any handle to the payout is refused", () => {
  const body = edited("payout.completed.ngn.json", (fields) => {
    delete fields.transaction_id;
    delete fields.merchant_reference;
    delete fields.transaction_reference;
  });
  expect(() => changesOf(body)).toThrow(UnreadableEvent);
});

test("no bytes and no fields make mapping fail in another way than the typed ones", () => {
  const values = fc.oneof(fc.jsonValue({ maxDepth: 2 }), fc.constantFrom("payout", "customer", "VERIFIED", "FAILED"));
  const names = [
    ...Object.keys(parse(payload("payout.completed.cad.json").toString()) as object),
    ...Object.keys(parse(payload("customer.verified.json").toString()) as object),
    "data",
    "event",
    "__proto__",
  ];
  const objects = fc.dictionary(fc.constantFrom(...names), values).map((fields) => JSON.stringify(fields));
  const bodies = fc.oneof(
    fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
    objects.map((text) => Buffer.from(text)),
  );
  fc.assert(
    fc.property(bodies, (rawBody) => {
      const outcome = failureOf(rawBody);
      expect(Array.isArray(outcome) || outcome instanceof UnreadableEvent).toBe(true);
    }),
    { numRuns: 500 },
  );
});

// The checker has to see what it is there for: each case breaks one promise in a history that keeps all of them.

import { createHash } from "node:crypto";
import type { SandboxTransaction } from "../../src/sandbox/sandbox.js";
import { checkHistory } from "./check-history.js";
import type { Evidence } from "./evidence.js";
import { type CallOutcome, History } from "./history.js";
import { planSchedule } from "./plan.js";

const reference = "gw-1";
const rawBody = '{"event_id":"e1"}';
const contentHash = createHash("sha256").update(rawBody).digest("hex");

function answered(status: string, payoutId = "p1"): CallOutcome {
  return { kind: "answered", payoutId, status, transactionId: null, isReplay: false };
}

const facts = { amount: "5000", fromCurrency: "NGN", customerId: "u" };

function booked(fields: Partial<SandboxTransaction> = {}): SandboxTransaction {
  return {
    id: "t1",
    merchantReference: reference,
    note: "k1",
    status: "SUCCESSFUL",
    ...facts,
    ...fields,
  } as SandboxTransaction;
}

const waited = { tookMs: 5, patienceMs: 30_000 };

/** One payment, asked for twice, paid once, followed by one subscriber. */
function soundEvidence(): Evidence {
  const history = new History();
  history.calls.push({ key: "k1", atMs: 0, node: 0, ...waited, outcome: { kind: "lost" } });
  history.calls.push({ key: "k1", atMs: 9, node: 0, ...waited, outcome: answered("PENDING") });
  history.webhooks.push({ contentHash, rawBody, atMs: 20, isLie: false });
  history.subscribers.push({ start: "c0", cursors: ["c1", "c2", "c3"], errors: [] });
  const made = { kind: "answered", customerId: "u" } as const;
  history.customerCalls.push({ key: "u1", email: "a@b.c", atMs: 0, ...waited, outcome: made });
  const ordered = { amount: { send: "5000.00" }, faults: [] };
  const payment = { key: "k1", atMs: 0, note: "k1", destination: "ngnBank" as const, ...ordered, patienceMs: 1 };
  const entry = { entity: "PAYOUT", entity_id: "p1", source: "MUTATION", reason: null };
  return {
    plan: {
      ...planSchedule(1, { nodes: 1, store: "sqlite" }),
      payments: [payment],
      keepsMerchantReference: true,
      rateLimit: "3/2s",
    },
    strikes: { denied: new Set(), rejected: new Set(), lied: new Set() },
    history,
    stored: {
      payouts: [
        {
          id: "p1",
          transaction_id: "t1",
          merchant_reference: reference,
          status: "SUCCESSFUL",
          customer_id: "u",
          amount: "5000.00",
          amount_currency: "NGN",
          recipient: null,
          mismatch: null,
        },
      ],
      customers: [{ id: "u", email: "a@b.c", status: "VERIFIED" }],
      intents: [{ operation: "createPayout", idempotency_key: "k1", state: "DONE", subject_id: "p1", attempts: 0 }],
      inbox: [
        {
          id: 1,
          dedupe_key: "e1",
          subject: "t1",
          content_hash: contentHash,
          kind: "payout",
          type: "payout",
          state: "APPLIED",
          attempts: 0,
          reason: null,
        },
      ],
      log: [
        { position: 1, from_status: null, to_status: "SUBMITTING", ...entry },
        { position: 2, from_status: "SUBMITTING", to_status: "PENDING", ...entry },
        { position: 3, from_status: "PENDING", to_status: "SUCCESSFUL", ...entry },
      ],
      isEchoKnown: true,
    },
    books: [booked()],
    providerCustomers: [{ id: "u", email: "a@b.c", status: "VERIFIED" }],
    log: ["c1", "c2", "c3"],
    logStart: "c0",
    requestsAt: [0, 100, 200, 2_500],
  };
}

test("a history that keeps every promise passes", () => {
  expect(checkHistory(soundEvidence())).toEqual([]);
});

const breaches: [title: string, violation: RegExp, breach: (evidence: Evidence) => void][] = [
  ["a key paid twice", /^paid at most once: k1/, ({ books }) => books.push(booked({ id: "t2" }))],
  ["an accepted payment that is in nobody's books", /^answers kept: k1 .* 0 times/, ({ books }) => books.splice(0)],
  [
    "a refused payment that was paid",
    /^answers kept: k1 was answered as refused/,
    ({ history }) => history.calls.push(call({ kind: "refused", codes: ["INSUFFICIENT_FUNDS"] })),
  ],
  [
    "two payouts under one key",
    /^one id for each key: k1/,
    ({ history }) => history.calls.push(call(answered("PENDING", "p2"))),
  ],
  [
    "an error that no caller should meet",
    /^answers kept: k1 .*INTERNAL/,
    ({ history }) => history.calls.push(call({ kind: "error", code: "INTERNAL_SERVER_ERROR", message: "" })),
  ],
  [
    "a customer made twice",
    /^customers made once: u1 was made 2 times/,
    ({ providerCustomers }) => providerCustomers.push({ id: "v", email: "a@b.c", status: "VERIFIED" }),
  ],
  ["a change that a subscriber missed", /^chains whole/, ({ history }) => history.subscribers[0]?.cursors.splice(1, 1)],
  [
    "a change that a subscriber got twice",
    /^chains whole/,
    ({ history }) => history.subscribers[0]?.cursors.splice(1, 0, "c1"),
  ],
  ["a last change told twice", /^chains whole/, ({ history }) => history.subscribers[0]?.cursors.push("c3")],
  ["a hole in the log", /^log sound: position 3/, ({ stored }) => stored.log.splice(1, 1)],
  [
    "a change logged twice",
    /^log sound: .* twice/,
    ({ stored }) => stored.log.push({ ...(stored.log[2] as (typeof stored.log)[0]), position: 4 }),
  ],
  ["a webhook that is not in the inbox", /^webhooks applied: .* 0 times/, ({ stored }) => stored.inbox.splice(0)],
  [
    "a webhook that was never applied",
    /^webhooks applied: event 1/,
    ({ stored }) => Object.assign(stored.inbox[0] as object, { state: "PARKED" }),
  ],
  [
    "an end contrary to the books",
    /^last words: k1 is FAILED/,
    ({ books }) => Object.assign(books[0] as object, { status: "FAILED" }),
  ],
  [
    "a payout left open that the books have ended",
    /^last words: k1/,
    ({ stored }) => Object.assign(stored.payouts[0] as object, { status: "PROCESSING" }),
  ],
  [
    "an intent left unconfirmed without need",
    /^everything settled: createPayout k1/,
    ({ stored }) => Object.assign(stored.intents[0] as object, { state: "UNCONFIRMED" }),
  ],
  [
    "a payout left unconfirmed that a webhook fits alone",
    /^matched by webhook: k1/,
    (evidence) => {
      evidence.plan.keepsMerchantReference = false;
      Object.assign(evidence.stored.payouts[0] as object, { status: "UNCONFIRMED", transaction_id: null });
      Object.assign(evidence.history.webhooks[0] as object, { rawBody: '{"transaction_id":"t1"}' });
    },
  ],
  [
    "a call that nobody answered",
    /^a response in time: k1/,
    ({ history }) => history.calls.push({ ...call({ kind: "lost" }), tookMs: 30_001 }),
  ],
  [
    "an amount taken over from a lie",
    /^nothing taken from a lie: k1 shows 1.23/,
    ({ stored }) => Object.assign(stored.payouts[0] as object, { amount: "1.23" }),
  ],
  [
    "a recipient taken over from a lie",
    /^nothing taken from a lie: k1 shows 9999999999/,
    ({ stored }) =>
      Object.assign(stored.payouts[0] as object, { recipient: JSON.stringify({ accountNumber: "9999999999" }) }),
  ],
  [
    "a mismatch that nobody told",
    /^nothing taken from a lie: k1 has a mismatch/,
    ({ stored }) => Object.assign(stored.payouts[0] as object, { mismatch: "{}" }),
  ],
  [
    "a burst beyond the budget",
    /^budget kept: 4 requests/,
    ({ requestsAt }) => requestsAt.push(1_500) && requestsAt.sort((a, b) => a - b),
  ],
];

test("a refusal of what was accepted is the provider's where it has denied the payment in its own words", () => {
  const evidence = soundEvidence();
  evidence.history.calls.push(call({ kind: "refused", codes: ["PROVIDER_REJECTED"] }));
  const deniedAs = new Set(["k1"]);
  expect(checkHistory({ ...evidence, strikes: { ...evidence.strikes, denied: deniedAs, rejected: deniedAs } })).toEqual(
    [],
  );
});

test.each(breaches)("the checker sees %s", (_title, violation, breach) => {
  const evidence = soundEvidence();
  breach(evidence);
  expect(checkHistory(evidence)).toContainEqual(expect.stringMatching(violation));
});

function call(outcome: CallOutcome) {
  return { key: "k1", atMs: 30, node: 0, ...waited, outcome };
}

// Every response to a payout, before and after the provider accepted it, on the first and on the second sending: what
// clients see in the end is what the provider has.

import { createHash } from "node:crypto";
import { jest } from "@jest/globals";
import type { SandboxFault } from "../src/sandbox/faults.js";
import { startTestGateway, type TestGateway } from "./support/start-test-gateway.js";

jest.setTimeout(240_000);

const absenceGapMs = 200;
const lateAcceptanceMs = 900;

const statuses = [
  200, 201, 204, 301, 400, 401, 402, 403, 404, 405, 407, 408, 409, 413, 422, 423, 425, 500, 502, 503, 504,
];

const bodies: Record<string, unknown> = {
  message: { message: "The payout cannot be made." },
  errors: { message: "The given data was invalid.", errors: { account_number: ["The account number is invalid."] } },
  "insufficient funds": { message: "Insufficient funds." },
  duplicate: { message: "A payment with this reference already exists." },
  "published duplicate": {
    message: "The given data was invalid.",
    errors: { merchant_reference: ["Could not proceed. Kindly check your merchant reference and try again"] },
  },
  "no message": { error: true, transaction: null },
  page: "<html><body>Blocked by the firewall</body></html>",
  "half a JSON": '{"message":"Payout Initiated Successfully.","transaction":{"id":',
  nothing: "",
  list: [{ message: "no" }],
};
const own = ["message", "errors", "insufficient funds", "duplicate", "published duplicate"];
const duplicates = ["duplicate", "published duplicate"];

type Moment = "before" | "after";
interface Case {
  status: number;
  body: string;
  when: Moment;
  /** The sending that is answered so: the first, or the one after a request that was lost. */
  sending: 1 | 2;
}

// What cannot be the provider's own rejection differs by its body alone.
const bodiesOf = (status: number) =>
  status >= 400 && status < 500 ? Object.keys(bodies) : ["message", "page", "half a JSON", "nothing"];

const moments: readonly Moment[] = ["before", "after"];
const cases = moments.flatMap((when) =>
  ([1, 2] as const).flatMap((sending) =>
    statuses.flatMap((status) => bodiesOf(status).map((body): Case => ({ status, body, when, sending }))),
  ),
);

/** By the table: whether a request that was not accepted ends as a rejection, once that is certain. */
function isRejectedInTheEnd({ status, body, when }: Case): boolean {
  if (when === "after" || !own.includes(body) || duplicates.includes(body)) return false;
  return status >= 400 && status < 500 && ![401, 403, 409, 423, 425, 429].includes(status);
}

/** The provider contradicts itself: its own rejection of a first sending is final, until a report says otherwise. */
function isContradiction({ status, body, when, sending }: Case): boolean {
  const isOwn = own.includes(body) && !duplicates.includes(body);
  return when === "after" && sending === 1 && isOwn && [400, 422].includes(status);
}

const keyOf = ({ status, body, when, sending }: Case) => `${when}.${sending}.${status}.${body}`.replaceAll(" ", "-");

async function play({ client, provider }: TestGateway, customerId: string, each: Case): Promise<string[]> {
  const key = keyOf(each);
  const note = `case-${each.when}-${each.sending}-${each.status}-${Object.keys(bodies).indexOf(each.body)}-end test-webhook-lost`;
  const fault: SandboxFault = {
    route: "POST /payout",
    kind: "answer",
    when: each.when,
    status: each.status,
    body: bodies[each.body],
    containing: note,
  };
  if (each.sending === 2) provider.failNext({ route: "POST /payout", kind: "reset", when: "before", containing: note });
  provider.failNext(fault);
  const input = { customerId, idempotencyKey: key, note };
  const faults: string[] = [];
  const first = await create(client, input);
  const isRejected = isRejectedInTheEnd(each);
  const isCertainAtOnce = isRejected && each.sending === 1 && [400, 422].includes(each.status);
  if (isCertainAtOnce !== (first.payout === null)) faults.push(`answered first with ${JSON.stringify(first)}`);
  const last = await end(client, input);
  const booked = provider.transactions().filter((transaction) => transaction.note.includes(note));
  if (isRejected) {
    if (last.payout !== null || last.userErrors.length === 0) faults.push(`is no rejection: ${JSON.stringify(last)}`);
    if (booked.length > 0) faults.push(`was rejected and is booked ${booked.length} times`);
  } else {
    if (booked.length !== 1) faults.push(`is booked ${booked.length} times`);
    if (last.payout?.transactionId !== booked[0]?.id) faults.push(`ends as ${JSON.stringify(last)}`);
  }
  return faults.map((text) => `${key}: ${text}`);
}

/** After some failures in a row nothing is sent for a while, and the key is good again. */
async function create(client: TestGateway["client"], input: Record<string, unknown>) {
  for (;;) {
    try {
      return await client.createPayout(input);
    } catch (error) {
      if (!String(error).includes("PROVIDER_UNAVAILABLE")) throw error;
    }
  }
}

/** Repeats the key until the payout is settled either way. */
async function end(client: TestGateway["client"], input: Record<string, unknown>) {
  const deadline = Date.now() + 60_000;
  for (;;) {
    const answer = await create(client, input);
    const { payout } = answer;
    const isOpen = payout !== null && ["SUBMITTING", "UNCONFIRMED"].includes(payout.status);
    if (!isOpen || Date.now() > deadline) return answer;
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
}

/** An account on which a look-up by reference has found a payment that was not final. */
async function startLearned(): Promise<{ gateway: TestGateway; customerId: string }> {
  const gateway = await startTestGateway({
    sandbox: { payoutStepDelayMs: 600_000 },
    patience: { absenceGapMs, lateAcceptanceMs, circuitOpenMs: 0 },
    limits: { requestsPerMinute: 1_000_000 },
  });
  const { client } = gateway;
  const { id: customerId } = await client.verifiedCustomer();
  const { payout } = await client.createPayout({ customerId });
  await client.payoutReaching(payout.id, "PENDING");
  while (gateway.provider.received("GET /transaction/{id}").length === 0) await client.run("{ statusCursor }");
  return { gateway, customerId };
}

const orderOf = (each: Case) => createHash("sha256").update(keyOf(each)).digest().readUInt32BE();
const atOnce = 20;

test.each(moments)("every response %s acceptance leads to what the provider has", async (when) => {
  const { gateway, customerId } = await startLearned();
  // Far from each other, those that fail alike are no failures in a row.
  const waiting = cases
    .filter((each) => each.when === when && !isContradiction(each))
    .sort((a, b) => orderOf(a) - orderOf(b));
  const faults: string[] = [];
  const work = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      faults.push(...(await play(gateway, customerId, next)));
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  expect(faults).toEqual([]);
});

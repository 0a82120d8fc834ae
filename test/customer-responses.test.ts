// Whatever answers POST /customer, before or after the provider accepted it, on the first sending and on the second: one
// customer for each key, or a rejection that is true.

import { jest } from "@jest/globals";
import type { SandboxFault } from "../src/sandbox/sandbox.js";
import { callProvider } from "./support/provider-calls.js";
import { startTestGateway, type TestGateway } from "./support/start-test-gateway.js";
import { customerInput, unique } from "./support/test-client.js";

jest.setTimeout(120_000);

const statuses = [
  200, 201, 202, 204, 301, 400, 401, 403, 404, 405, 407, 408, 409, 413, 422, 423, 425, 429, 500, 502, 503, 504,
];
const bodies: Record<string, unknown> = {
  "own JSON": { message: "The address is not valid." },
  "a duplicate": { message: "The given data was invalid.", errors: { email: ["The email has already been taken."] } },
  "JSON without message": { status: false },
  page: "<html><body>proxy</body></html>",
  "half a JSON": '{"message": "Custom',
  nothing: "",
  "another customer": { data: { id: "c-eve", type: "individual", first_name: "Eve", email: "eve@example.com" } },
  list: [],
};

type Moment = "before" | "after";
type Sending = "first" | "second";

interface Case {
  status: number;
  body: string;
  moment: Moment;
  sending: Sending;
}

function isOwn(body: string): boolean {
  return body === "own JSON" || body === "a duplicate";
}

/** The provider's own JSON under these says that nothing was done. */
const proofs = { rejected: [400, 404, 422], notDone: [401, 403, 429] };

function expected({ status, body, moment, sending }: Case): "CREATED" | "REJECTED" | "NOT_DONE" {
  if (!isOwn(body) || moment === "after") return "CREATED";
  if (proofs.rejected.includes(status)) return "REJECTED";
  return proofs.notDone.includes(status) && sending === "first" ? "NOT_DONE" : "CREATED";
}

/** A provider that says in its own words that it did not do what it did is none that anybody can be right with. */
function contradictsItself({ status, body, moment, sending }: Case): boolean {
  if (!isOwn(body) || moment === "before") return false;
  if (status === 401) return true;
  return (
    sending === "first" &&
    (proofs.notDone.includes(status) || (body === "own JSON" && proofs.rejected.includes(status)))
  );
}

const mutation = `mutation ($input: CreateCustomerInput!) {
  createCustomer(input: $input) { customer { id email } userErrors { code } }
}`;

async function idsAt({ provider }: TestGateway, email: string): Promise<string[]> {
  const path = `/customer?email=${encodeURIComponent(email)}`;
  return (await callProvider<{ data: { id: string }[] }>(provider, "GET", path)).data.map(({ id }) => id);
}

/** What is wrong with the outcome; an empty text where all is right. */
async function play(gateway: TestGateway, tried: Case): Promise<string> {
  const { client, provider } = gateway;
  const { status, body, moment, sending } = tried;
  const route = "POST /customer";
  if (sending === "second") provider.failNext({ route, kind: "reset", when: "before" });
  // A new token does not help.
  const times = status === 401 && isOwn(body) && moment === "before" ? 2 : 1;
  const fault: SandboxFault = { route, kind: "answer", when: moment, status, body: bodies[body], times };
  provider.failNext(status === 429 ? { ...fault, headers: { "retry-after": "1" } } : fault);
  const input = customerInput({ idempotencyKey: unique("k") });
  const first = await client.request(mutation, { input });
  const again = await client.request(mutation, { input });
  const atProvider = await idsAt(gateway, input.email);
  const seen = JSON.stringify({ first, again, atProvider });
  const { customer, userErrors } = again.data?.createCustomer ?? {};
  switch (expected(tried)) {
    case "REJECTED": {
      const code = status === 404 && body === "own JSON" ? "NOT_FOUND" : "PROVIDER_REJECTED";
      const isSame = JSON.stringify(first.data) === JSON.stringify(again.data);
      return isSame && userErrors?.[0]?.code === code && atProvider.length === 0 ? "" : seen;
    }
    case "NOT_DONE": {
      const code = status === 429 ? "RATE_LIMITED" : "PROVIDER_UNAVAILABLE";
      if (first.errors?.[0]?.extensions?.code !== code) return seen;
      return atProvider.length === 1 && customer?.id === atProvider[0] ? "" : seen;
    }
    case "CREATED": {
      const id = first.data?.createCustomer.customer?.id;
      return atProvider.length === 1 && id === atProvider[0] && customer?.id === id ? "" : seen;
    }
  }
}

// Beside each other, since most of the time is waiting. A fault hits the next request of its own provider.
const atOnce = 6;

test.each<[Sending, Moment]>([
  ["first", "before"],
  ["first", "after"],
  ["second", "before"],
  ["second", "after"],
])(
  "any response to the %s sending, %s it is accepted, leads to the one true outcome of its key",
  async (sending, moment) => {
    const cases = statuses
      .flatMap((status) => Object.keys(bodies).map((body) => ({ status, body, moment, sending })))
      .filter((each) => !contradictsItself(each));
    const faults: string[] = [];
    const gateways = await Promise.all(
      Array.from({ length: atOnce }, () => startTestGateway({ patience: { absenceGapMs: 50, circuitOpenMs: 0 } })),
    );
    const waiting = [...cases];
    await Promise.all(
      gateways.map(async (gateway) => {
        for (let next = waiting.shift(); next; next = waiting.shift()) {
          const fault = await play(gateway, next);
          if (fault) faults.push(`${next.status} ${next.body}: ${fault}`);
        }
      }),
    );
    expect(faults).toEqual([]);
  },
);

// "Time and identity" and "Leakage" of what is right when things go wrong, as far as no other file is about them.

import { assignCustomer } from "../src/store/tenant.queries.js";
import { startKeyedGateway } from "./support/credentials.js";
import { openSocket } from "./support/raw-socket.js";
import { startTestGateway } from "./support/start-test-gateway.js";

test("a clock that is more than five minutes from the provider's is warned of by /readyz", async () => {
  const { client, gateway, provider } = await startTestGateway();
  const readiness = async () => (await fetch(`${gateway.url}/readyz`)).json();
  const skewed = async (minutes: number) => {
    const date = new Date(Date.now() + minutes * 60_000).toUTCString();
    provider.failNext({
      route: "GET /transaction/{id}",
      kind: "answer",
      status: 404,
      body: { message: "no" },
      headers: { date },
    });
    await client.run(`{ payoutByTransaction(transactionId: "t${minutes}") { id } }`);
    return readiness();
  };
  expect(await skewed(4)).toEqual({ status: "ok" });
  expect(await skewed(-4)).toEqual({ status: "ok" });
  expect(await skewed(6)).toMatchObject({
    status: "ok",
    detail: expect.stringMatching(/clock here is 3(59|60) s behind/),
  });
  expect(await skewed(-6)).toMatchObject({ detail: expect.stringMatching(/clock here is 36[01] s ahead/) });
  expect(await skewed(0)).toEqual({ status: "ok" });
});

test("what is given to another tenant is told to the new one and no more to the old one, on open subscriptions", async () => {
  const { clientOf, gateway, database } = await startKeyedGateway();
  const [a, b] = [await clientOf("a"), await clientOf("b")];
  const { id: customerId } = await a.verifiedCustomer();
  const follow = async (key: string) => {
    const socket = await (await openSocket(gateway.url)).init(key);
    socket.subscribe("1", "subscription { statusChanged { ... on PayoutStatusChange { payout { id } to } } }");
    socket.subscribe("ready", "{ __typename }");
    while ((await socket.take()).type !== "complete");
    return socket;
  };
  const [ofA, ofB] = [await follow(a.key), await follow(b.key)];
  expect(await assignCustomer(database, customerId, "b")).toBe(true);
  const { payout } = await b.createPayout({ customerId });
  await b.payoutReaching(payout.id, "SUCCESSFUL");
  expect((await ofB.take()).payload.data.statusChanged).toEqual({ payout: { id: payout.id }, to: "SUBMITTING" });
  await a.createCustomer();
  // The first that A is told is its own.
  expect((await ofA.take()).payload.data.statusChanged).toEqual({});
});

test("a partner's question after an unknown id costs no call, as one after somebody else's: neither tells which it was", async () => {
  const { clientOf, provider } = await startKeyedGateway();
  const [a, b] = [await clientOf("a"), await clientOf("b")];
  const { id } = await b.verifiedCustomer();
  const before = provider.received("*").length;
  const ask = (each: string) =>
    a.request("query ($id: ID!) { customer(id: $id) { id } payoutByTransaction(transactionId: $id) { id } }", {
      id: each,
    });
  expect(await ask(id)).toEqual(await ask("00000000-0000-4000-8000-000000000000"));
  expect(provider.received("*")).toHaveLength(before);
});

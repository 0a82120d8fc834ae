import { startTestGateway } from "./support/start-test-gateway.js";
import { type TestClient, wallets } from "./support/test-client.js";
import { forEachDatabase } from "./support/test-databases.js";

const query = `query ($createdFrom: DateTime!, $createdTo: DateTime!, $periods: Int) {
  payoutStatistics(createdFrom: $createdFrom, createdTo: $createdTo, periods: $periods) {
    totals { status count amount { amount currency } }
    periods { from status count }
    durations { fromSeconds toSeconds count }
  }
}`;
const hourMs = 3_600_000;

function span(hoursBack: number, hoursOn: number) {
  const now = Date.now();
  return {
    createdFrom: new Date(now - hoursBack * hourMs).toISOString(),
    createdTo: new Date(now + hoursOn * hourMs).toISOString(),
  };
}

async function pay(client: TestClient, customerId: string, input: Record<string, unknown>, status = "SUCCESSFUL") {
  const { payout } = await client.createPayout({ customerId, ...input });
  await client.payoutReaching(payout.id, status);
}

forEachDatabase((_name, _open, newUrl) => {
  test("payoutStatistics adds up exactly, by status and currency", async () => {
    const { client } = await startTestGateway({ config: { databaseUrl: await newUrl() } });
    const { id } = await client.verifiedCustomer();
    // A float has no room for the last digits.
    await pay(client, id, { amount: { send: "90071992547409.93" } });
    await pay(client, id, { amount: { send: "1000000.10" } });
    await pay(client, id, { amount: { send: "70.20" }, note: "test-failed" }, "FAILED");
    await pay(client, id, {
      walletId: wallets.CAD,
      sourceCurrency: "CAD",
      amount: { send: "40.00" },
      destination: { interac: { email: "ada@example.com", firstName: "Ada", lastName: "Obi" } },
    });
    const { payoutStatistics } = await client.run(query, span(1, 1));
    expect(payoutStatistics.totals).toEqual([
      { status: "FAILED", count: 1, amount: { amount: "70.20", currency: "NGN" } },
      { status: "SUCCESSFUL", count: 1, amount: { amount: "40.00", currency: "CAD" } },
      { status: "SUCCESSFUL", count: 2, amount: { amount: "90071993547410.03", currency: "NGN" } },
    ]);
  });

  test("payoutStatistics counts by period and by the time to the final status", async () => {
    const { client } = await startTestGateway({ config: { databaseUrl: await newUrl() } });
    const { id } = await client.verifiedCustomer();
    await pay(client, id, {});
    await pay(client, id, { note: "test-instant" });
    const { createdFrom, createdTo } = span(2.5, 1.5);
    const { periods, durations } = (await client.run(query, { createdFrom, createdTo, periods: 4 })).payoutStatistics;
    const begin = new Date(new Date(createdFrom).getTime() + 2 * hourMs).toISOString();
    expect(periods).toEqual([{ from: begin, status: "SUCCESSFUL", count: 2 }]);
    expect(durations.map(({ fromSeconds }: { fromSeconds: number }) => fromSeconds)).toEqual([
      0, 1, 5, 15, 60, 300, 3600, 86400,
    ]);
    expect(durations.reduce((sum: number, { count }: { count: number }) => sum + count, 0)).toBe(2);
    expect(durations.at(-1)).toEqual({ fromSeconds: 86400, toSeconds: null, count: 0 });
  });

  test("payouts are searched by their customer and by each of their handles", async () => {
    const { client } = await startTestGateway({ config: { databaseUrl: await newUrl() } });
    const ada = await client.verifiedCustomer({ firstName: "Ada_", lastName: "Obi" });
    const bob = await client.verifiedCustomer({ firstName: "Bob", lastName: "Ekene" });
    const { payout } = await client.createPayout({ customerId: ada.id });
    await client.createPayout({ customerId: bob.id });
    const found = async (search: string) => {
      const { payouts } = await client.run(
        "query ($search: String) { payouts(filter: { search: $search }) { totalCount nodes { id } } }",
        { search },
      );
      return payouts;
    };
    for (const text of ["ada_ OBI", payout.id, payout.transactionId, payout.merchantReference]) {
      expect(await found(text)).toEqual({ totalCount: 1, nodes: [{ id: payout.id }] });
    }
    expect((await found("@example.com")).totalCount).toBe(2);
    expect((await found("b_b")).totalCount).toBe(0);
  });
});

test("payoutStatistics refuses a span that does not go forward, and too many periods", async () => {
  const { client } = await startTestGateway();
  for (const variables of [span(-1, -2), { ...span(1, 1), periods: 0 }, { ...span(1, 1), periods: 101 }]) {
    const { errors } = await client.request(query, variables);
    expect(errors).toMatchObject([{ extensions: { code: "BAD_USER_INPUT" } }]);
  }
});

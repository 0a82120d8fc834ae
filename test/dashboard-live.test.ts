import { inBrowser, openPage } from "./support/browser.js";
import { startGatewayWithPage } from "./support/gateway-with-page.js";
import { choose } from "./support/guided-path.js";
import { createCustomerAtProvider, moveCustomer } from "./support/provider-calls.js";
import { deliver } from "./support/signed-webhooks.js";
import { wallets } from "./support/test-client.js";

inBrowser(() => {
  test("the page shows payouts and changes them as changes are pushed", async () => {
    const { client } = await startGatewayWithPage({ sandbox: { payoutStepDelayMs: 600 } });
    const { id } = await client.verifiedCustomer();
    const page = await openPage(client.url);
    await page.getByText("Live", { exact: true }).waitFor();
    const { payout } = await client.createPayout({ customerId: id });
    const row = page.locator(`[data-id="${payout.id}"]`);
    await row.getByText("Pending").waitFor();
    await row.getByText("Successful").waitFor();
    expect(await row.getByText("NGN").textContent()).toContain("5,000.00");
  });

  test("filters hold for what is pushed, too, and stay in the address", async () => {
    const { client } = await startGatewayWithPage();
    const { id } = await client.verifiedCustomer();
    const page = await openPage(client.url);
    await page.getByRole("button", { name: "Failed", exact: true }).last().click();
    await choose(page, "Currency", /NGN/);
    await page.waitForURL(/status=FAILED&currency=NGN/);
    await client.createPayout({ customerId: id });
    const interac = { email: "ada@example.com", firstName: "Ada", lastName: "Obi" };
    const dollars = {
      walletId: wallets.CAD,
      sourceCurrency: "CAD",
      amount: { send: "40.00" },
      destination: { interac },
    };
    const { payout: canadian } = await client.createPayout({ customerId: id, note: "test-failed", ...dollars });
    await client.payoutReaching(canadian.id, "FAILED");
    const { payout } = await client.createPayout({ customerId: id, note: "test-failed" });
    await page.locator(`[data-id="${payout.id}"]`).getByText("Failed").waitFor();
    expect(await page.locator("[data-id]").count()).toBe(1);
    await page.getByText("1 entry").waitFor();
    await page.reload();
    await page.locator(`[data-id="${payout.id}"]`).waitFor();
    expect(await page.locator("[data-id]").count()).toBe(1);
  });

  test("a payout's own view follows it to the end, with each change, its time and its source", async () => {
    const { client } = await startGatewayWithPage({ sandbox: { payoutStepDelayMs: 500 } });
    const { id } = await client.verifiedCustomer();
    const { payout } = await client.createPayout({ customerId: id });
    const page = await openPage(`${client.url}/payouts/${payout.id}`);
    await page.getByText("Paid. This is the provider's final word.").waitFor();
    const entries = page.getByRole("list", { name: /^Status changes/ }).getByRole("listitem");
    expect(await entries.count()).toBe(4);
    expect(await entries.first().innerText()).toMatch(/Successful[\s\S]*after processing[\s\S]*webhook/);
    expect(await page.getByText("0222500691").count()).toBe(0);
    await page.getByRole("button", { name: "Show the account number" }).click();
    await page.getByText("0222500691").waitFor();
  });

  test("customers appear and move as the provider decides", async () => {
    const { client, provider } = await startGatewayWithPage();
    const { customer } = await client.createCustomer();
    const page = await openPage(`${client.url}/customers`);
    const row = page.locator(`[data-id="${customer.id}"]`);
    await row.getByText("Pending").waitFor();
    await moveCustomer(provider, customer.id, "VERIFIED");
    await row.getByText("Verified").waitFor();
    const found = await createCustomerAtProvider(provider);
    await moveCustomer(provider, found, "VERIFIED");
    await page.locator(`[data-id="${found}"]`).getByText("Verified").waitFor();
  });

  test("an operator sees budget, unconfirmed payouts, mismatches and parked events, and retries one", async () => {
    const started = await startGatewayWithPage({
      config: { providerRateLimit: "50/1m,700/1h" },
      patience: { absenceGapMs: 60_000 },
    });
    const { client, provider } = started;
    const { id } = await client.verifiedCustomer();
    provider.failNext({ route: "POST /payout", kind: "reset", when: "after" });
    provider.failNext({ route: "GET /transaction/{id}", kind: "answer", status: 404, times: 1_000 });
    await client.createPayout({ customerId: id, note: "test-webhook-lost" });
    await deliver(
      { gateway: started.gateway, secret: provider.signingSecret },
      { type: "weather.changed", event_id: "e" },
    );
    const { payout } = await client.createPayout({ customerId: id, amount: { send: "6000.00" } });
    await deliver(
      { gateway: started.gateway, secret: provider.signingSecret },
      {
        type: "payout",
        event_id: "mismatch",
        transaction_id: payout.transactionId,
        transaction_status: "PENDING",
        transaction_amount: 60_000,
        transaction_currency: "NGN",
      },
    );
    const page = await openPage(`${client.url}/operator`);
    await page.getByText("The amount 6000.00 NGN was ordered and 60000 NGN was reported.").waitFor();
    await page.getByRole("link", { name: "Ada Obi, NGN 6,000.00" }).waitFor();
    await page.getByText(/^\d+ of 50 calls$/).waitFor();
    await page.getByRole("link", { name: "Ada Obi, NGN 5,000.00" }).waitFor();
    await page.getByText('The event type "weather.changed" is not known').waitFor();
    await page.getByRole("button", { name: /^Retry event/ }).click();
    await page.getByText("1 event is tried again.").waitFor();
    await page.getByRole("link", { name: "Ada Obi, NGN 6,000.00" }).click();
    await page.getByText("An operator must resolve it.").waitFor();
  });
});

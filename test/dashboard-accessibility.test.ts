import { readFileSync } from "node:fs";
import type { Page } from "playwright-core";
import { inBrowser, openPage } from "./support/browser.js";
import { startGatewayWithPage } from "./support/gateway-with-page.js";
import { choose, payoutForm, submitCustomer, submitDocuments } from "./support/guided-path.js";
import { deliver } from "./support/signed-webhooks.js";
import { unique } from "./support/test-client.js";

const axe = readFileSync("node_modules/axe-core/axe.min.js", "utf8");

interface Violation {
  id: string;
  impact: string;
  nodes: { html: string }[];
}

inBrowser(() => {
  test.each(["light", "dark"] as const)(
    "no view has a serious or critical fault of accessibility: %s",
    async (scheme) => {
      const started = await startGatewayWithPage({ sandbox: { reviewDelayMs: 100 } });
      const { client, provider } = started;
      const customer = await client.verifiedCustomer();
      const { payout } = await client.createPayout({ customerId: customer.id });
      await client.payoutReaching(payout.id, "SUCCESSFUL");
      await deliver(
        { gateway: started.gateway, secret: provider.signingSecret },
        { type: "weather.changed", event_id: "e" },
      );
      const page = await openPage(client.url, { colorScheme: scheme, reducedMotion: "reduce" });
      await page.locator(`[data-id="${payout.id}"]`).waitFor();
      await page.getByText("highest bar").waitFor();
      await expectNoFaults(page);

      await page.getByRole("link", { name: /^Payout of/ }).click();
      await page.getByRole("heading", { name: "Timeline" }).waitFor();
      await expectNoFaults(page);

      await page.getByRole("link", { name: "Customers" }).first().click();
      await page.getByRole("table", { name: "Customers" }).waitFor();
      await page.getByRole("link", { name: /^Customer Ada Obi/ }).waitFor();
      await expectNoFaults(page);
      await page.getByRole("link", { name: /^Customer Ada Obi/ }).click();
      await page.getByRole("heading", { name: "Documents" }).waitFor();
      await expectNoFaults(page);

      await page.getByRole("link", { name: "Operator" }).click();
      await page.getByRole("button", { name: "Retry all" }).waitFor();
      await expectNoFaults(page);

      await page.getByRole("navigation").getByRole("link", { name: "Pay", exact: true }).click();
      await page.getByRole("button", { name: "Create the customer" }).click();
      await page.getByText("This is needed.").first().waitFor();
      await expectNoFaults(page);
      await submitCustomer(page, { email: `${unique("ada")}@example.com` });
      await expectNoFaults(page);
      await submitDocuments(page);
      await payoutForm(page);
      await choose(page, "To", /wire/);
      await page.getByRole("button", { name: "Continue" }).click();
      await page.getByText("This is needed.").first().waitFor();
      await expectNoFaults(page);
      await page.getByRole("button", { name: /To$/ }).click();
      await page.getByRole("listbox").waitFor();
      await expectNoFaults(page);
      await page.getByRole("option", { name: /Nigeria/ }).click();
      await page.getByText("NGN 4,950.00").waitFor();
      await page.getByRole("button", { name: "Continue" }).click();
      await page.getByRole("heading", { name: "Is this right?" }).waitFor();
      await expectNoFaults(page);
      await page.getByRole("button", { name: "Pay", exact: true }).click();
      await page.getByText("Paid. This is the provider's final word.").waitFor();
      await expectNoFaults(page);
    },
  );

  test("the keyboard alone filters payouts and opens one", async () => {
    const { client } = await startGatewayWithPage();
    const { id } = await client.verifiedCustomer();
    const { payout } = await client.createPayout({ customerId: id });
    await client.payoutReaching(payout.id, "SUCCESSFUL");
    const page = await openPage(client.url);
    await page.locator(`[data-id="${payout.id}"]`).waitFor();
    await page.getByRole("searchbox", { name: "Search" }).focus();
    await page.keyboard.type("obi");
    await page.waitForURL(/search=obi/);
    await page.getByRole("link", { name: /^Payout of/ }).waitFor();
    for (let stop = 0; stop < 20; stop += 1) {
      await page.keyboard.press("Tab");
      const name = await page.evaluate(() => document.activeElement?.getAttribute("aria-label") ?? "");
      if (name.startsWith("Payout of")) break;
    }
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "NGN 5,000.00" }).waitFor();
    expect(new URL(page.url()).pathname).toBe(`/payouts/${payout.id}`);
  });
});

async function expectNoFaults(page: Page): Promise<void> {
  // By the debugger, which the page's content security policy does not hold up.
  await page.evaluate(axe);
  const violations = await page.evaluate(async () => {
    const { axe: checker } = window as unknown as { axe: { run(): Promise<{ violations: Violation[] }> } };
    return (await checker.run()).violations;
  });
  const grave = violations.filter(({ impact }) => ["serious", "critical"].includes(impact));
  expect(grave.map(({ id, nodes }) => [page.url(), id, nodes.map(({ html }) => html)])).toEqual([]);
}

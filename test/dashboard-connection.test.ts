import type { Page } from "playwright-core";
import { emptyLog } from "./support/aged-rows.js";
import { inBrowser, openPage } from "./support/browser.js";
import { CuttableLine } from "./support/cuttable-line.js";
import { eventually } from "./support/eventually.js";
import { startGatewayWithPage } from "./support/gateway-with-page.js";
import type { TestClient } from "./support/test-client.js";
import { newSqliteUrl, openTestDatabase } from "./support/test-databases.js";

const cutMs = 10_000;

inBrowser(() => {
  test("200 changes that arrive while the table is open are all shown, each once", async () => {
    const { client } = await startGatewayWithPage();
    const { id } = await client.verifiedCustomer();
    const from = await position(client);
    const page = await openLive(client.url);
    await Promise.all(Array.from({ length: 50 }, () => client.createPayout({ customerId: id })));
    const count = await eventually(async () => (await changesAfter(client, from)) === 200 && 200);
    await page.locator('.total-successful .total-count:text-is("50")').waitFor();
    expect(await shownRows(page)).toEqual(await listedRows(client));
    expect(await received(page)).toBe(count);
  });

  test("a network cut for ten seconds is shown, and healed with nothing missing and nothing twice", async () => {
    const { client } = await startGatewayWithPage();
    const { id } = await client.verifiedCustomer();
    const line = await CuttableLine.to(client.url);
    const from = await position(client);
    const page = await openLive(line.url);
    const before = await client.createPayout({ customerId: id });
    await page.locator(`[data-id="${before.payout.id}"]`).waitFor();
    await page.context().setOffline(true);
    line.cut();
    await page.getByText(/^Offline since/).waitFor();
    const isOver = new Promise((resolve) => setTimeout(resolve, cutMs));
    await Promise.all(Array.from({ length: 40 }, () => client.createPayout({ customerId: id })));
    await isOver;
    line.mend();
    await page.context().setOffline(false);
    await page.getByText("Live", { exact: true }).waitFor();
    const after = await client.createPayout({ customerId: id });
    await page.locator(`[data-id="${after.payout.id}"]`).getByText("Successful").waitFor();
    expect(await shownRows(page)).toEqual(await listedRows(client));
    expect(await received(page)).toBe(await changesAfter(client, from));
  });

  test("a page that was cut off for longer than changes are kept reads everything anew, and goes on live", async () => {
    const databaseUrl = await newSqliteUrl();
    const { client } = await startGatewayWithPage({ config: { databaseUrl } });
    const database = await openTestDatabase(databaseUrl);
    const { id } = await client.verifiedCustomer();
    const line = await CuttableLine.to(client.url);
    const page = await openLive(line.url);
    await page.context().setOffline(true);
    line.cut();
    await page.getByText(/^Offline since/).waitFor();
    const { payout: missed } = await client.createPayout({ customerId: id });
    await client.payoutReaching(missed.id, "SUCCESSFUL");
    await emptyLog(database);
    line.mend();
    await page.context().setOffline(false);
    await page.locator(`[data-id="${missed.id}"]`).getByText("Successful").waitFor();
    await page.getByText("Live", { exact: true }).waitFor();
    const { payout: next } = await client.createPayout({ customerId: id });
    await page.locator(`[data-id="${next.id}"]`).getByText("Successful").waitFor();
    expect(await shownRows(page)).toEqual(await listedRows(client));
    await page.goto(`${line.url}/payouts/${missed.id}`);
    await page.getByText("Paid. This is the provider's final word.").waitFor();
    await page.getByText("The changes are no longer kept.").waitFor();
  });

  test("a connection that fell silent is found out, shown and healed", async () => {
    const { client } = await startGatewayWithPage();
    const { id } = await client.verifiedCustomer();
    const line = await CuttableLine.to(client.url);
    const page = await openLive(line.url);
    line.fallSilent();
    const { payout } = await client.createPayout({ customerId: id });
    await page.getByText(/^Offline since/).waitFor();
    expect(await page.locator(`[data-id="${payout.id}"]`).count()).toBe(0);
    line.mend();
    await page.getByText("Live", { exact: true }).waitFor();
    await page.locator(`[data-id="${payout.id}"]`).getByText("Successful").waitFor();
  });
});

async function openLive(url: string): Promise<Page> {
  const page = await openPage(url);
  await page.getByText("Live", { exact: true }).waitFor();
  await page.getByRole("table", { name: "Payouts", exact: true }).waitFor();
  return page;
}

async function position(client: TestClient): Promise<string> {
  return (await client.run("{ statusCursor }")).statusCursor;
}

async function changesAfter(client: TestClient, from: string): Promise<number> {
  let count = 0;
  for (let after = from; ; ) {
    const { statusChanges } = await client.run("query ($after: Cursor) { statusChanges(after: $after) { cursor } }", {
      after,
    });
    count += statusChanges.length;
    if (statusChanges.length < 100) return count;
    after = statusChanges.at(-1).cursor;
  }
}

/** How many changes the page has taken since it was opened. */
async function received(page: Page): Promise<number> {
  await page.getByRole("link", { name: "Operator" }).click();
  return Number((await page.getByTestId("received").textContent())?.replaceAll(",", ""));
}

/** Every row, by scrolling through the table. */
async function shownRows(page: Page): Promise<Record<string, string>> {
  const rows: Record<string, string> = {};
  for (let top = 0; ; top += 600) {
    await page.evaluate((y) => window.scrollTo(0, y), top);
    await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
    const seen = await page
      .locator("[data-id]")
      .evaluateAll((elements) =>
        elements.map((row) => [row.getAttribute("data-id") ?? "", row.querySelector(".pill")?.textContent ?? ""]),
      );
    for (const [id = "", status = ""] of seen) rows[id] = status;
    if (await page.evaluate(() => window.scrollY + window.innerHeight >= document.body.scrollHeight - 1)) return rows;
  }
}

async function listedRows(client: TestClient): Promise<Record<string, string>> {
  const { payouts } = await client.run("{ payouts(first: 100) { nodes { id status } } }");
  const rows = payouts.nodes.map(({ id, status }: { id: string; status: string }) => [
    id,
    `${status[0]}${status.slice(1).toLowerCase()}`,
  ]);
  return Object.fromEntries(rows);
}

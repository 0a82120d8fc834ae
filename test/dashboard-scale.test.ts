import type { Page } from "playwright-core";
import { openDatabase } from "../src/store/database.js";
import { inBrowser, openPage } from "./support/browser.js";
import { eventually } from "./support/eventually.js";
import { startGatewayWithPage } from "./support/gateway-with-page.js";
import { isLongRun } from "./support/long-tests.js";
import { customerRow, payoutRow } from "./support/stored-rows.js";
import { newSqliteUrl } from "./support/test-databases.js";

const payouts = 10_000;
const changesPerSecond = 100;
const seconds = isLongRun ? 10 : 3;
// A task's length is time on the clock: beside other tests it holds their turns, too.
const longestMs = isLongRun ? 200 : 1_000;

inBrowser(() => {
  test("10,000 payouts are scrolled through with few rows in the page, to the last one", async () => {
    const { client } = await startGatewayWithPage({ config: { databaseUrl: await manyPayouts() } });
    const page = await openPage(client.url);
    await page.getByText("10,000 entries").waitFor();
    await watchLongTasks(page);
    await page.evaluate(() => window.scrollTo(0, document.body.scrollHeight / 2));
    await page
      .getByRole("link", { name: /for Customer 5\d\d\d,/ })
      .first()
      .waitFor();
    await page.evaluate(() => window.scrollTo(0, document.body.scrollHeight));
    await page.getByRole("link", { name: "for Customer 0," }).waitFor();
    expect(await page.locator("[data-id]").count()).toBeLessThan(80);
    expect(await longestTaskMs(page)).toBeLessThan(longestMs);
  });

  test(`${changesPerSecond} changes a second drop none, and keep the page responding`, async () => {
    const { client } = await startGatewayWithPage({ config: { databaseUrl: await manyPayouts() } });
    const { id } = await client.verifiedCustomer();
    const { statusCursor } = await client.run("{ statusCursor }");
    const page = await openPage(client.url);
    await page.getByText("10,000 entries").waitFor();
    await watchLongTasks(page);
    // Each payout makes four changes.
    const count = (changesPerSecond * seconds) / 4;
    const calls: Promise<unknown>[] = [];
    for (let made = 0; made < count; made += 1) {
      calls.push(client.createPayout({ customerId: id }));
      await new Promise((resolve) => setTimeout(resolve, 4_000 / changesPerSecond));
    }
    await Promise.all(calls);
    await page.locator(`.total-successful .total-count:text-is("${(payouts + count).toLocaleString("en")}")`).waitFor();
    const longest = await longestTaskMs(page);
    await page.getByRole("link", { name: "Operator" }).click();
    const received = await eventually(async () => {
      const shown = Number((await page.getByTestId("received").textContent())?.replaceAll(",", ""));
      return shown >= count * 4 && shown;
    });
    expect(received).toBe(count * 4);
    expect(longest).toBeLessThan(longestMs);
    const missed = "query ($after: Cursor) { statusChanges(after: $after) { cursor } }";
    expect((await client.run(missed, { after: statusCursor })).statusChanges.length).toBeGreaterThan(0);
  });

  test("the first view is there within a second from a warm gateway, in less than 250 kB of scripts", async () => {
    const { client } = await startGatewayWithPage();
    const { id } = await client.verifiedCustomer();
    const { payout } = await client.createPayout({ customerId: id });
    const page = await openPage(client.url);
    await page.locator(`[data-id="${payout.id}"]`).waitFor();
    await page.context().clearCookies();
    const startedAt = performance.now();
    await page.goto(client.url);
    await page.locator(`[data-id="${payout.id}"]`).waitFor();
    const tookMs = performance.now() - startedAt;
    const scripts = await page.evaluate(() =>
      performance
        .getEntriesByType("resource")
        .filter(({ name }) => name.endsWith(".js"))
        .map((entry) => (entry as PerformanceResourceTiming).encodedBodySize),
    );
    console.info(`first view: ${Math.round(tookMs)} ms, scripts: ${scripts.join(" + ")} bytes`);
    expect(scripts.reduce((sum, size) => sum + size, 0)).toBeLessThan(250_000);
    expect(tookMs).toBeLessThan(isLongRun ? 1_000 : 3_000);
  });
});

async function manyPayouts(): Promise<string> {
  const url = await newSqliteUrl();
  const { db, close } = await openDatabase(url);
  const now = Date.now();
  for (let start = 0; start < payouts; start += 500) {
    const names = Array.from({ length: 500 }, (_, index) => start + index);
    await db
      .insertInto("customers")
      .values(names.map((name) => customerRow({ id: `c-${name}`, first_name: "Customer", last_name: String(name) })))
      .execute();
    const rows = names.map((name) =>
      payoutRow({
        id: `p-${String(name).padStart(5, "0")}`,
        customer_id: `c-${name}`,
        status: "SUCCESSFUL",
        created_at: now - (payouts - name) * 60_000,
      }),
    );
    await db.insertInto("payouts").values(rows).execute();
  }
  await close();
  return url;
}

async function watchLongTasks(page: Page): Promise<void> {
  await page.evaluate(() => {
    const tasks: number[] = [];
    Object.assign(window, { tasks });
    new PerformanceObserver((list) => tasks.push(...list.getEntries().map(({ duration }) => duration))).observe({
      entryTypes: ["longtask"],
    });
  });
}

async function longestTaskMs(page: Page): Promise<number> {
  const tasks = await page.evaluate(() => (window as unknown as { tasks: number[] }).tasks);
  const longest = Math.max(0, ...tasks);
  console.info(`longest task: ${longest} ms`);
  return longest;
}

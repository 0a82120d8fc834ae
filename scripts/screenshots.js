// Pictures of every view, light and dark, wide and on a phone, from the running product: `npm run screenshots`. One of them
// is the README's, which is committed: look at it before you do.
import { copyFileSync, mkdirSync, rmSync } from "node:fs";
import { chromium } from "playwright-core";
import { startExampleGateway } from "./example-gateway.js";

/** Names of views, where not all of them are asked for. */
const wanted = process.argv.slice(2);
const folder = new URL("../screenshots/", import.meta.url);
const shown = { name: "payouts-light-wide.png", at: new URL("../docs/dashboard.png", import.meta.url) };
const sizes = { wide: { width: 1280, height: 860 }, phone: { width: 390, height: 844 } };
const themes = ["light", "dark"];

const { url, ids, stop } = await startExampleGateway();
const browser = await chromium.launch({
  // biome-ignore lint/style/noProcessEnv: the browser of this machine is no setting of the gateway
  executablePath: process.env.CHROMIUM_PATH || "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu"],
});
if (wanted.length === 0) rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });

const live = (page) => page.getByRole("banner").getByText("Live", { exact: true }).waitFor();

async function pick(page, label, option) {
  await page.getByRole("button", { name: new RegExp(`${label}$`) }).click();
  await page.getByRole("option", { name: option }).click();
}

async function fillPayment(page) {
  await page.goto(`${url}/pay?customer=${ids.verified}`);
  await page.getByRole("heading", { name: "What goes where?" }).waitFor();
  await pick(page, "From the wallet", /NGN/);
  await page.getByLabel("Amount", { exact: true }).fill("125000.00");
  await pick(page, "Bank", /Access Bank/);
  await page.getByLabel("Account number").fill("0222500691");
  await page.getByText("The account is Ada Obi's.").waitFor();
  await page.getByText("NGN 123,750.00").waitFor();
}

async function confirm(page) {
  await fillPayment(page);
  await page.getByRole("button", { name: "Continue" }).click();
  await page.getByText("NGN 123,750.00").waitFor();
}

/** How to reach each view, in a page that has seen nothing yet. */
const views = {
  payouts: async (page) => {
    await page.goto(`${url}/payouts`);
    await page.locator("[data-id]").first().waitFor();
    await page.getByText("highest bar").waitFor({ state: "attached" });
  },
  "payouts-none": async (page) => {
    await page.goto(`${url}/payouts?search=nobody`);
    await page.getByText("Nothing here yet.").waitFor();
  },
  "payouts-offline": async (page) => {
    await page.goto(`${url}/payouts`);
    await page.locator("[data-id]").first().waitFor();
    await page.context().setOffline(true);
    await page.getByText(/^Offline since/).waitFor();
  },
  "payout-successful": (page) => page.goto(`${url}/payouts/${ids.successful}`),
  "payout-failed": (page) => page.goto(`${url}/payouts/${ids.failed}`),
  "payout-unconfirmed": (page) => page.goto(`${url}/payouts/${ids.unconfirmed}`),
  "payout-interac": (page) => page.goto(`${url}/payouts/${ids.interac}`),
  customers: async (page) => {
    await page.goto(`${url}/customers`);
    await page.locator("[data-id]").first().waitFor();
  },
  customer: (page) => page.goto(`${url}/customers/${ids.verified}`),
  "pay-customer": async (page) => {
    await page.goto(`${url}/pay`);
    await page.getByRole("button", { name: "Create the customer" }).click();
  },
  "pay-documents": async (page) => {
    await page.goto(`${url}/pay?customer=${ids.rejected}`);
    await page.getByText("The provider refused the documents.").waitFor();
  },
  "pay-review": async (page) => {
    await page.goto(`${url}/pay?customer=${ids.inReview}`);
    await page.getByText("The provider is reviewing the documents.").waitFor();
  },
  "pay-payment": fillPayment,
  "pay-address": async (page) => {
    await page.goto(`${url}/pay?customer=${ids.verified}`);
    await pick(page, "To", /wire/);
    await page.getByRole("button", { name: "Continue" }).click();
  },
  "pay-confirm": confirm,
  "pay-result": async (page) => {
    await confirm(page);
    await page.getByRole("button", { name: "Pay", exact: true }).click();
    await page.getByText("The provider accepted it.").waitFor();
  },
  operator: async (page) => {
    await page.goto(`${url}/operator`);
    await page.getByRole("button", { name: "Retry all" }).waitFor();
  },
  "sign-in": async (page) => {
    await page.routeWebSocket(/\/graphql$/, (socket) => socket.close({ code: 4403, reason: "The token has expired." }));
    await page.addInitScript(() => sessionStorage.setItem("payout-gateway.credential", "expired"));
    await page.goto(`${url}/payouts`);
    await page.getByRole("heading", { name: "Sign in" }).waitFor();
  },
};
const isFixed = new Set(["payouts-offline", "sign-in"]);

try {
  for (const [name, reach] of Object.entries(views)) {
    if (wanted.length > 0 && !wanted.includes(name)) continue;
    for (const colorScheme of themes) {
      for (const [size, viewport] of Object.entries(sizes)) {
        const context = await browser.newContext({ viewport, colorScheme, locale: "en-GB", reducedMotion: "reduce" });
        const page = await context.newPage();
        await reach(page);
        if (!isFixed.has(name)) await live(page);
        await page.getByText(/^Loading/).waitFor({ state: "detached" });
        const file = `${name}-${colorScheme}-${size}.png`;
        await page.screenshot({ path: new URL(file, folder).pathname });
        if (file === shown.name) copyFileSync(new URL(file, folder), shown.at);
        await context.close();
      }
    }
    console.log(name);
  }
} finally {
  await browser.close();
  await stop();
}

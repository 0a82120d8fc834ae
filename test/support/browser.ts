// The system's Chromium, driven from the test. Whatever a page complains of in its console, and whatever it asks of
// another host, fails the test. Without a browser the tests are left out with the reason, unless REQUIRE_SERVICES=1.

import { existsSync } from "node:fs";
import { jest } from "@jest/globals";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";

const executablePath = process.env.CHROMIUM_PATH || "/usr/bin/chromium";
const hasBrowser = existsSync(executablePath);
const flags = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

// A browser, a gateway and a provider share the machine with the other tests.
const patienceMs = 30_000;
jest.setTimeout(4 * patienceMs);

let browser: Promise<Browser> | null = null;
const pages: Page[] = [];
const complaints: string[] = [];

// Before the gateway of the test is stopped: its pages would complain that it is gone.
afterEach(async () => {
  for (const page of pages.splice(0)) await page.context().close();
  expect(complaints.splice(0)).toEqual([]);
});

afterAll(async () => {
  await (await browser)?.close();
});

/** Defines tests that need a browser. */
export function inBrowser(define: () => void): void {
  if (hasBrowser) {
    define();
    return;
  }
  const message = `There is no browser at ${executablePath}; set CHROMIUM_PATH to where one is.`;
  if (process.env.REQUIRE_SERVICES === "1") {
    test("a browser is there", () => {
      throw new Error(message);
    });
    return;
  }
  console.warn(message);
  test.skip(message, () => {});
}

export interface PageOptions extends BrowserContextOptions {
  /** What is to be done before the first request. */
  prepare?: (page: Page) => Promise<void>;
  /** Other hosts that it may ask. */
  otherHosts?: readonly string[];
}

export async function openPage(url: string, { prepare, otherHosts = [], ...options }: PageOptions = {}): Promise<Page> {
  browser ??= chromium.launch({ executablePath, args: flags });
  const context = await (await browser).newContext({ locale: "en-GB", ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(patienceMs);
  pages.push(page);
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("request", (request) => {
    const asked = new URL(request.url());
    const isOwn = [new URL(url).host, ...otherHosts].includes(asked.host);
    if (/^https?:$/.test(asked.protocol) && !isOwn) complaints.push(`asked ${asked.host}`);
  });
  await prepare?.(page);
  await page.goto(url);
  return page;
}

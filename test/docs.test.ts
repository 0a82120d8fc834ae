// Every block of code in the documentation is run here, or is listed with the reason why not.

import { jest } from "@jest/globals";
import { startKeyedGateway } from "./support/credentials.js";
import { PageRun, scriptName, stepsOf } from "./support/docs/page-run.js";
import { Scripts } from "./support/docs/scripts.js";
import { ShownValues } from "./support/docs/shown-values.js";
import { unrun } from "./support/docs/unrun-blocks.js";
import { allBlocksOf, type CodeBlock, codeOf, pages, readPage, sectionsOf } from "./support/markdown-blocks.js";
import { startTestGateway, type TestGateway } from "./support/start-test-gateway.js";
import { hasTerminal } from "./support/terminal.js";

jest.setTimeout(90_000);

const isListed = (page: string, { text }: CodeBlock) =>
  unrun.some((entry) => entry.page === page && text.startsWith(entry.begins));

/** What a reader would do, in the order of the page; the README shows the result before the way. */
function blocksToRun(page: string): CodeBlock[] {
  const blocks = allBlocksOf(readPage(page)).filter((block) => !isListed(page, block));
  const isIntroduction = ({ section }: CodeBlock) => page === "README.md" && section === "";
  return [...blocks.filter((block) => !isIntroduction(block)), ...blocks.filter(isIntroduction)];
}

const runnable = pages.filter((page) => blocksToRun(page).length > 0);
const canRun = hasTerminal || process.env.REQUIRE_SERVICES === "1";
if (!canRun) console.warn("The documentation is not run: bash, curl, sed or base64 is missing.");

let scripts: Scripts;
beforeAll(async () => {
  const texts = runnable.flatMap((page) =>
    blocksToRun(page)
      .filter(({ language }) => language === "ts")
      .map((block) => ({ name: scriptName(page, block), text: block.text })),
  );
  scripts = await Scripts.compile(texts);
});
afterAll(() => scripts?.remove());

/** The page on going live speaks to a gateway that asks for a key. */
async function gatewayFor(page: string): Promise<TestGateway & { environment: Record<string, string> }> {
  const quick = { sandbox: { reviewDelayMs: 200, payoutStepDelayMs: 50 } };
  if (page !== "docs/going-live.md") return { ...(await startTestGateway(quick)), environment: {} };
  const keyed = await startKeyedGateway(quick);
  const client = await keyed.clientOf("shop");
  return { ...keyed, client, environment: { GATEWAY_KEY: client.key } };
}

/** What the terminal that follows shows. */
function statusesIn(watched: string): (string | undefined)[] {
  return [...watched.matchAll(/"(?:customer|document|payout)":"(\w+)"/g)].map(([, status]) => status);
}

/** What the README says that it shows. */
function statusesTold(): string[] {
  const [, told = ""] = sectionsOf(readPage("README.md")).get("The three steps")?.split("By now") ?? [];
  return codeOf(told.split("\n\n")[0] ?? "").filter((code) => /^[A-Z]+$/.test(code));
}

(canRun ? test : test.skip).each(runnable)("%s: every block does what the page says", async (page) => {
  const { client, environment } = await gatewayFor(page);
  const run = new PageRun({ page, client, scripts, environment });
  try {
    await run.read(blocksToRun(page));
    if (page === "README.md") expect(statusesIn(run.watched)).toEqual(statusesTold());
  } finally {
    await run.close();
  }
});

test("every block that is listed as not run is there, with its reason", () => {
  const missing = unrun.filter(
    ({ page, begins, reason }) => !reason || !allBlocksOf(readPage(page)).some(({ text }) => text.startsWith(begins)),
  );
  expect(missing).toEqual([]);
});

test("a block that nothing runs is a fault, and so is an answer without anything above it", () => {
  const steps = (page: string) => () => stepsOf(allBlocksOf(page));
  expect(steps("```ruby\nputs 1\n```\n")).toThrow('line 2: a block of "ruby " that nothing runs.');
  expect(steps("```\nnpm start\n```\n")).toThrow("line 2");
  expect(steps("```json\n{}\n```\n")).toThrow("line 2");
  expect(steps("```sh\nls\n```\n```json variables\n{}\n```\n")).toThrow("line 5");
  expect(steps("```sh\nls")).toThrow("The block of line 2 has no end.");
});

test("an answer may differ in ids, cursors and times only, and what stood for an id stands for it ever after", () => {
  const [shownId, cameId] = ["6ed6435b-e9e6-4540-b9f2-4e0cc38fcc40", "01a208ce-0ad5-7660-b367-91779bab8646"];
  const values = new ShownValues();
  values.match({ id: shownId, at: "2026-11-23T14:27:28.101Z" }, { id: cameId, at: "2027-01-01T00:00:00.000Z" });
  expect(values.settle(`{"id":"${shownId}"}`)).toBe(`{"id":"${cameId}"}`);
  expect(() => values.match({ id: shownId }, { id: shownId.replace("6", "7") })).toThrow("the answer.id");
  expect(() => values.match({ status: "PENDING" }, { status: "FAILED" })).toThrow("the answer.status");
  expect(() => values.match({ fee: null }, {})).toThrow("the answer");
  expect(() => values.match([1], [1, 2])).toThrow("the answer");
});

import { parseArguments } from "../bench/src/arguments.js";
import { toBoundsTable, toMarkdownTable } from "../bench/src/report/markdown.js";
import { median, percentile } from "../bench/src/report/statistics.js";

test("the bench runs all scenarios unless some are named, and those in their own order", () => {
  expect(parseArguments([])).toEqual({
    isQuick: false,
    scenarios: ["warm", "cold", "mutations", "webhooks", "fanout", "uploads", "startup", "growth"],
    profileDirectory: null,
    services: null,
  });
  expect(parseArguments(["--only", "fanout, warm", "--quick"])).toEqual({
    isQuick: true,
    scenarios: ["warm", "fanout"],
    profileDirectory: null,
    services: null,
  });
});

test("the bench refuses a scenario that it does not know by its name", () => {
  expect(() => parseArguments(["--only", "warm,hot"])).toThrow('There is no scenario "hot".');
  expect(() => parseArguments(["--fast"])).toThrow("--fast");
  expect(() => parseArguments(["--only", "shared"])).toThrow("shared needs --postgres and --redis.");
});

test("the bench's tables are Markdown, and show what does not hold", () => {
  const bounds = [
    { what: "ready", limit: "within 1,000 ms", measured: "612 ms", isHeld: true },
    { what: "resident", limit: "under 150 MB", measured: "182 MB", isHeld: false },
  ];
  expect(toMarkdownTable(toBoundsTable(bounds)).split("\n")).toEqual([
    "| what has to hold | at most or at least | measured | holds  |",
    "| ---------------- | ------------------- | -------- | ------ |",
    "| ready            | within 1,000 ms     | 612 ms   | yes    |",
    "| resident         | under 150 MB        | 182 MB   | **no** |",
  ]);
});

test("the bench takes medians over rounds and percentiles by the nearest rank", () => {
  expect(median([9, 1, 5])).toBe(5);
  expect(median([4, 1, 3, 2])).toBe(2.5);
  const sorted = Array.from({ length: 200 }, (_, index) => index + 1);
  expect([50, 99, 100].map((percent) => percentile(sorted, percent))).toEqual([100, 198, 200]);
});

import { MemoryBudget } from "../src/datasources/budget/memory-budget.js";
import { parseRateLimit } from "../src/datasources/budget/rate-windows.js";
import { keepsThePromise } from "./support/provider-budget-contract.js";
import { closeAfterTest } from "./support/test-redis.js";

describe("a rate limit in words", () => {
  test.each([
    [
      "100/1m,1500/1h",
      [
        { limit: 100, lengthMs: 60_000 },
        { limit: 1500, lengthMs: 3_600_000 },
      ],
    ],
    [
      " 7/1d , 2 / s",
      [
        { limit: 2, lengthMs: 1_000 },
        { limit: 7, lengthMs: 86_400_000 },
      ],
    ],
    ["30/5s", [{ limit: 30, lengthMs: 5_000 }]],
  ])("%j names its windows, the shortest first", (text, windows) => {
    expect(parseRateLimit(text)).toEqual(windows);
  });

  test.each(["", "100", "100/1", "0/1m", "-1/1m", "1.5/1m", "100/0m", "100/1w", "100/1m,", "5/60s,9/1m"])(
    "%j is not one",
    (text) => {
      expect(() => parseRateLimit(text)).toThrow(RangeError);
    },
  );
});

describe("the budget of one process", () => {
  keepsThePromise((rateLimit) => {
    const budget = new MemoryBudget({ windows: parseRateLimit(rateLimit) });
    closeAfterTest(() => budget.close());
    return [budget];
  });
});

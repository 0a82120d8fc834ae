// What every budget promises, whether it is one process's or shared by nodes.

import fc from "fast-check";
import type { CallClass } from "../../src/datasources/budget/call-class.js";
import type { ProviderBudget } from "../../src/datasources/budget/provider-budget.js";
import { parseRateLimit } from "../../src/datasources/budget/rate-windows.js";
import { failureOf } from "./stub-provider.js";
import { until } from "./test-redis.js";

/** So many nodes that share one budget. */
export type OpenBudgets = (rateLimit: string) => ProviderBudget[];

/** A call that is over at once. */
export async function call(budget: ProviderBudget, callClass: CallClass, withinMs: number): Promise<void> {
  (await budget.acquire(callClass, withinMs)).end();
}

export async function take(budget: ProviderBudget, callClass: CallClass, count: number): Promise<void> {
  for (let taken = 0; taken < count; taken += 1) await call(budget, callClass, 0);
}

/** How many of a class go out at once until it is refused. */
export async function takeAll(budget: ProviderBudget, callClass: CallClass): Promise<number> {
  for (let count = 0; ; count += 1) {
    try {
      await call(budget, callClass, 0);
    } catch {
      return count;
    }
  }
}

export function mostInOneWindow(timesMs: readonly number[], lengthMs: number): number {
  const sorted = [...timesMs].sort((a, b) => a - b);
  return Math.max(...sorted.map((start, index) => sorted.slice(index).filter((at) => at < start + lengthMs).length));
}

export function keepsThePromise(openBudgets: OpenBudgets): void {
  test("no sliding window ever holds more calls than its limit, and none is wasted", async () => {
    const classes = fc.constantFrom<CallClass>("payout", "payout", "write", "read", "reconciliation");
    const calls = fc.array(fc.record({ callClass: classes, node: fc.nat(1), afterMs: fc.nat(700) }), {
      minLength: 40,
      maxLength: 60,
    });
    await fc.assert(
      fc.asyncProperty(calls, fc.constantFrom("10/1s,25/3s", "4/1s,30/3s", "25/1s"), async (arrivals, rateLimit) => {
        const budgets = openBudgets(rateLimit);
        const grantedAtMs: number[] = [];
        await Promise.all(
          arrivals.map(async ({ callClass, node, afterMs }) => {
            await new Promise((resolve) => setTimeout(resolve, afterMs));
            const budget = budgets[node % budgets.length] as ProviderBudget;
            await call(budget, callClass, callClass === "payout" ? 1_300 : 700).then(
              () => grantedAtMs.push(performance.now()),
              () => {},
            );
          }),
        );
        for (const { limit, lengthMs } of parseRateLimit(rateLimit)) {
          expect(mostInOneWindow(grantedAtMs, lengthMs)).toBeLessThanOrEqual(limit);
        }
        const { limit } = parseRateLimit(rateLimit)[0] as { limit: number };
        expect(grantedAtMs.length).toBeGreaterThanOrEqual(Math.min(limit, 10));
      }),
      { numRuns: 2, endOnFailure: true },
    );
  });

  test("a burst goes out as fast as the windows allow", async () => {
    const budgets = openBudgets("10/1s,25/3s");
    const grantedAtMs: number[] = [];
    const startedAtMs = performance.now();
    await Promise.all(
      Array.from({ length: 35 }, async (_, index) => {
        await call(budgets[index % budgets.length] as ProviderBudget, "payout", 10_000);
        grantedAtMs.push(performance.now());
      }),
    );
    expect(mostInOneWindow(grantedAtMs, 1_000)).toBe(10);
    expect(mostInOneWindow(grantedAtMs, 3_000)).toBeLessThanOrEqual(25);
    // 10, 10 and 5, then 10 again as soon as the three seconds are over.
    expect(performance.now() - startedAtMs).toBeLessThan(5_000);
  });

  test("a call counts until its answer came, and for the window from then on", async () => {
    const budgets = openBudgets("10/1s");
    const [budget, other = budget] = budgets as [ProviderBudget, ProviderBudget?];
    const underWay = await Promise.all(Array.from({ length: 8 }, () => budget.acquire("payout", 0)));
    // For longer than the window, as a process that stands still between its turn and its first byte.
    await new Promise((resolve) => setTimeout(resolve, 1_400));
    expect(await takeAll(other, "payout")).toBe(2);
    const endedAtMs = performance.now();
    for (const admitted of underWay) admitted.end();
    await until(async () => (await other.snapshot()).windows[0]?.used === 10);
    await Promise.all(Array.from({ length: 8 }, () => call(other, "payout", 5_000)));
    expect(performance.now() - endedAtMs).toBeGreaterThanOrEqual(1_000);
    expect(performance.now() - endedAtMs).toBeLessThan(3_000);
  });

  test("what one class leaves over is there for the more important ones", async () => {
    const budget = openBudgets("20/1m").at(-1) as ProviderBudget;
    expect(await takeAll(budget, "reconciliation")).toBe(10);
    expect(await takeAll(budget, "read")).toBe(6);
    expect(await takeAll(budget, "write")).toBe(3);
    expect(await takeAll(budget, "payout")).toBe(1);
  });

  test("the reserve holds in every window", async () => {
    const [budget] = openBudgets("50/1s,10/1h") as [ProviderBudget];
    expect(await takeAll(budget, "read")).toBe(8);
    expect(await takeAll(budget, "payout")).toBe(2);
  });

  test("payouts go before writes, writes before reads, and equals in the order they came", async () => {
    const [budget] = openBudgets("20/1s") as [ProviderBudget];
    await take(budget, "payout", 20);
    const order: string[] = [];
    const wanted: [CallClass, string][] = [
      ["read", "read 1"],
      ["write", "write 1"],
      ["payout", "payout 1"],
      ["read", "read 2"],
      ["payout", "payout 2"],
      ["write", "write 2"],
      ["reconciliation", "reconciliation"],
    ];
    await Promise.all(wanted.map(([callClass, name]) => call(budget, callClass, 5_000).then(() => order.push(name))));
    expect(order).toEqual(["payout 1", "payout 2", "write 1", "write 2", "read 1", "read 2", "reconciliation"]);
  });

  test("who cannot be served in time is told at once, and when to come again", async () => {
    const budget = openBudgets("5/1m").at(-1) as ProviderBudget;
    await take(budget, "payout", 5);
    const startedAtMs = performance.now();
    const error = await failureOf(call(budget, "payout", 10_000));
    expect(performance.now() - startedAtMs).toBeLessThan(1_000);
    expect(error).toMatchObject({ kind: "RATE_LIMITED", outcome: "NOT_DONE" });
    const { retryAfterSeconds } = error as { retryAfterSeconds: number };
    expect(retryAfterSeconds).toBeGreaterThanOrEqual(58);
    expect(retryAfterSeconds).toBeLessThanOrEqual(61);
  });

  test("those in front are reckoned with: the line is never longer than what can be served in time", async () => {
    const [budget] = openBudgets("4/1s") as [ProviderBudget];
    await take(budget, "payout", 4);
    const calls = Array.from({ length: 12 }, () => call(budget, "payout", 1_900));
    const refusals = calls.slice(4).map((call) => failureOf(call));
    expect(await Promise.all(refusals)).toEqual(
      refusals.map(() => expect.objectContaining({ kind: "RATE_LIMITED", retryAfterSeconds: expect.any(Number) })),
    );
    expect((await budget.snapshot()).waiting.payout).toBe(4);
    await Promise.all(calls.slice(0, 4));
  });

  test("a read that waits gives way when payouts take its turn", async () => {
    const [budget] = openBudgets("5/1s") as [ProviderBudget];
    await take(budget, "payout", 5);
    const read = failureOf(call(budget, "read", 1_500));
    const payouts = Array.from({ length: 5 }, () => call(budget, "payout", 5_000));
    expect(await read).toMatchObject({ kind: "RATE_LIMITED", outcome: "NOT_DONE" });
    // It was told before the payouts went.
    expect((await budget.snapshot()).waiting.payout).toBe(5);
    await Promise.all(payouts);
  });

  test("after a 429 nobody sends until the provider's reset", async () => {
    const [budget, other = budget] = openBudgets("100/1m") as [ProviderBudget, ProviderBudget?];
    await call(budget, "read", 0);
    const startedAtMs = performance.now();
    budget.noteAnswer({ status: 429, resetAt: new Date(Date.now() + 1_200) });
    await until(async () => (await other.snapshot()).pausedForMs > 0);
    expect(await failureOf(call(other, "payout", 0))).toMatchObject({ kind: "RATE_LIMITED", outcome: "NOT_DONE" });
    await Promise.all([call(budget, "payout", 5_000), call(other, "payout", 5_000)]);
    expect(performance.now() - startedAtMs).toBeGreaterThanOrEqual(1_190);
    expect(performance.now() - startedAtMs).toBeLessThan(3_000);
  });

  test.each([
    ["that says nothing", {}, 60_000, 60_000],
    [
      "with a reset an hour away, by a clock that is wrong",
      { resetAt: new Date(Date.now() + 3_600_000) },
      60_000,
      60_000,
    ],
    ["with a reset that is long over", { resetAt: new Date(0) }, 900, 2_000],
    ["with a reset that is no time", { resetAt: new Date(Number.NaN) }, 60_000, 60_000],
    ["that names seconds", { retryAfterSeconds: 7, resetAt: new Date(0) }, 6_900, 8_000],
  ])("a 429 %s pauses for 1 to 60 seconds", async (_name, answer, leastMs, mostMs) => {
    const [budget] = openBudgets("100/1m,1500/1h") as [ProviderBudget];
    await call(budget, "read", 0);
    budget.noteAnswer({ status: 429, ...answer });
    const { pausedForMs } = await budget.snapshot();
    expect(pausedForMs).toBeGreaterThan(leastMs - 500);
    expect(pausedForMs).toBeLessThanOrEqual(mostMs);
  });

  test("calls of others that the provider's headers betray are counted", async () => {
    const [budget, other = budget] = openBudgets("100/1m,1500/1h") as [ProviderBudget, ProviderBudget?];
    await take(budget, "read", 3);
    budget.noteAnswer({ status: 200, limit: 120, remaining: 12 });
    await until(async () => (await other.snapshot()).windows[0]?.used === 88);
    expect(await takeAll(other, "read")).toBe(0);
    expect(await takeAll(other, "payout")).toBe(12);
    // An answer older than those calls takes none of them back, and adds none.
    budget.noteAnswer({ status: 200, limit: 120, remaining: 60 });
    budget.noteAnswer({ status: 200, limit: 120, remaining: 0 });
    expect((await budget.snapshot()).windows.map(({ used }) => used)).toEqual([100, 100]);
  });

  test("calls of others leave the window when the provider's own ends", async () => {
    const [budget] = openBudgets("10/1m") as [ProviderBudget];
    await call(budget, "read", 0);
    budget.noteAnswer({ status: 200, limit: 10, remaining: 0, resetAt: new Date(Date.now() + 700) });
    await until(async () => (await budget.snapshot()).windows[0]?.used === 10);
    await call(budget, "payout", 5_000);
    expect((await budget.snapshot()).windows[0]?.used).toBe(2);
  });

  test("a limit below ours is obeyed and not mistaken for the calls of others", async () => {
    const [budget] = openBudgets("100/1m,1500/1h") as [ProviderBudget];
    await take(budget, "payout", 2);
    budget.noteAnswer({ status: 200, limit: 10, remaining: 8 });
    expect((await budget.snapshot()).windows.map(({ used }) => used)).toEqual([2, 2]);
    expect(await takeAll(budget, "payout")).toBe(8);
  });

  test("closing refuses those who wait", async () => {
    const [budget] = openBudgets("1/1s") as [ProviderBudget];
    await take(budget, "payout", 1);
    const waiting = failureOf(call(budget, "payout", 5_000));
    await budget.close();
    expect(await waiting).toMatchObject({ kind: "UNAVAILABLE", outcome: "NOT_DONE" });
    expect(await failureOf(call(budget, "payout", 5_000))).toMatchObject({ outcome: "NOT_DONE" });
  });
}

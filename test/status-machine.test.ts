import fc from "fast-check";
import { pino } from "pino";
import type { CustomerChange, PayoutChange } from "../src/datasources/changes.js";
import { isFinal, judgeReport, type Verdict } from "../src/domain/payout-status.js";
import { ChangeDoor } from "../src/mirror/apply-change.js";
import { type DatedCustomerStatus, judgeCustomer, judgeDocument } from "../src/mirror/status-machine.js";
import { InProcessWakeUps } from "../src/mirror/wake-ups.js";
import { CustomerStatus } from "../src/schema/customer.enum.js";
import { DocumentStatus } from "../src/schema/document.enum.js";
import { PayoutStatus } from "../src/schema/payout.enum.js";
import { customersByIds, insertCustomer } from "../src/store/customer.queries.js";
import type { Database } from "../src/store/database.js";
import { payoutsByIds } from "../src/store/payout.queries.js";
import { logAfter, type StatusLogRow } from "../src/store/status-log.queries.js";
import { everything } from "../src/store/visibility.js";
import { Metrics } from "../src/telemetry/metrics.js";
import { customerRow } from "./support/stored-rows.js";
import { unique } from "./support/test-client.js";
import { openTestDatabase } from "./support/test-databases.js";

const customerStatuses = Object.keys(CustomerStatus) as CustomerStatus[];
const payoutStatuses = Object.keys(PayoutStatus) as PayoutStatus[];
const documentStatuses = Object.keys(DocumentStatus) as DocumentStatus[];
const finals: PayoutStatus[] = ["SUCCESSFUL", "FAILED"];
/** What only the provider says, with one end. */
const providerStages: PayoutStatus[][] = finals.map((final) => ["PENDING", "PROCESSING", final]);

/** A set of news, and two ways in which it can arrive: any order, each piece once or more. */
function arrivals<T>(news: fc.Arbitrary<T>, maxLength = 8) {
  return fc.array(news, { minLength: 1, maxLength }).chain((set) => {
    const order = fc
      .tuple(
        fc.shuffledSubarray(set, { minLength: set.length, maxLength: set.length }),
        fc.array(fc.constantFrom(...set), { maxLength: 6 }),
        fc.integer({ min: 0, max: set.length }),
      )
      .map(([all, again, at]) => [...all.slice(0, at), ...again, ...all.slice(at)]);
    return fc.tuple(order, order);
  });
}

const datedStatus: fc.Arbitrary<DatedCustomerStatus> = fc.record({
  status: fc.constantFrom(...customerStatuses),
  at: fc.integer({ min: 1, max: 5 }),
});

/** Of a payout that the provider knows by a transaction. */
function judge(known: PayoutStatus | null, status: PayoutStatus, isLookUp: boolean): Verdict {
  return judgeReport(known && { status: known, transactionId: "t1" }, { status, isLookUp });
}

/** The status that pure judgement leaves, and the verdicts on the way. */
function followPayout(start: PayoutStatus | null, news: readonly PayoutStatus[], isLookUp = false) {
  let known = start;
  const verdicts = news.map((status) => {
    const verdict = judge(known, status, isLookUp);
    if (verdict === "APPLY" || verdict === "CORRECT") known = status;
    return verdict;
  });
  return { known, verdicts };
}

function followCustomer(news: readonly DatedCustomerStatus[]): DatedCustomerStatus | null {
  let known: DatedCustomerStatus | null = null;
  for (const next of news) if (judgeCustomer(known, next) !== "STALE") known = next;
  return known;
}

describe("the rules", () => {
  test("a payout moves as its stages do", () => {
    // Columns in the order of the enum: SUBMITTING UNCONFIRMED PENDING PROCESSING SUCCESSFUL FAILED.
    const expected: Record<PayoutStatus, string> = {
      SUBMITTING: "SAME APPLY APPLY APPLY APPLY APPLY",
      UNCONFIRMED: "APPLY SAME APPLY APPLY APPLY APPLY",
      PENDING: "STALE STALE SAME APPLY APPLY APPLY",
      PROCESSING: "STALE STALE STALE SAME APPLY APPLY",
      SUCCESSFUL: "STALE STALE STALE STALE SAME CONTRADICTION",
      FAILED: "STALE STALE STALE STALE CONTRADICTION SAME",
    };
    for (const known of payoutStatuses) {
      expect([known, payoutStatuses.map((news) => judge(known, news, false)).join(" ")]).toEqual([
        known,
        expected[known],
      ]);
      // A look-up differs in one thing only: it may contradict a final.
      expect(payoutStatuses.map((news) => judge(known, news, true)).join(" ")).toBe(
        expected[known].replace("CONTRADICTION", "CORRECT"),
      );
      expect(judge(null, known, false)).toBe("APPLY");
    }
    expect(payoutStatuses.filter(isFinal)).toEqual(finals);
  });

  test("a customer's news without a clock moves only forward, or out of a rejection", () => {
    // Columns in the order of the enum: PENDING PROCESSING VERIFIED REJECTED.
    const expected: Record<CustomerStatus, string> = {
      PENDING: "SAME APPLY APPLY APPLY",
      PROCESSING: "STALE SAME APPLY APPLY",
      VERIFIED: "STALE STALE SAME STALE",
      REJECTED: "APPLY APPLY APPLY SAME",
    };
    for (const status of customerStatuses) {
      for (const at of [null, 7]) {
        const verdicts = customerStatuses.map((news) => judgeCustomer({ status, at }, { status: news, at: null }));
        expect([status, verdicts.join(" ")]).toEqual([status, expected[status]]);
      }
    }
  });

  test("the provider's clock may take a customer from any status to any other, and never back in time", () => {
    for (const status of customerStatuses) {
      for (const news of customerStatuses) {
        const same: Verdict = status === news ? "SAME" : "APPLY";
        expect(judgeCustomer({ status, at: 7 }, { status: news, at: 8 })).toBe(same);
        expect(judgeCustomer({ status, at: null }, { status: news, at: 1 })).toBe(same);
        expect(judgeCustomer({ status, at: 7 }, { status: news, at: 6 })).toBe("STALE");
      }
    }
  });

  test("a time in whole seconds is not older than another time in that second", () => {
    const known = { status: "PROCESSING", at: 5_900 } as const;
    expect(judgeCustomer(known, { status: "VERIFIED", at: 5_000 })).toBe("APPLY");
    expect(judgeCustomer(known, { status: "PENDING", at: 5_000 })).toBe("STALE");
    expect(judgeCustomer(known, { status: "VERIFIED", at: 4_000 })).toBe("STALE");
    expect(judgeCustomer(known, { status: "VERIFIED", at: 5_899 })).toBe("STALE");
  });

  test("of two statuses at one instant the same one wins, whichever comes first", () => {
    for (const one of customerStatuses) {
      for (const other of customerStatuses) {
        const [a, b] = [
          { status: one, at: 7 },
          { status: other, at: 7 },
        ];
        expect(followCustomer([a, b])).toEqual(followCustomer([b, a]));
      }
    }
  });
});

describe("whatever the order and however often", () => {
  test("customers end where the provider's clock is latest", () => {
    fc.assert(
      fc.property(arrivals(datedStatus), ([one, other]) => {
        const end = followCustomer(one);
        expect(followCustomer(other)).toEqual(end);
        expect(end?.at).toBe(Math.max(...one.map(({ at }) => at as number)));
      }),
      { numRuns: 500 },
    );
  });

  test("payouts end at the last stage that the provider named, wherever they began", () => {
    const start = fc.constantFrom<(PayoutStatus | null)[]>(null, "SUBMITTING", "UNCONFIRMED", "PENDING");
    const news = fc.constantFrom(...providerStages).chain((stages) => arrivals(fc.constantFrom(...stages)));
    fc.assert(
      fc.property(start, news, fc.boolean(), (from, [one, other], isLookUp) => {
        const end = followPayout(from, one, isLookUp).known;
        expect(followPayout(from, other, isLookUp).known).toBe(end);
        const reached = from === "PENDING" ? [...one, from] : one;
        const last = reached.reduce((a, b) => (payoutStatuses.indexOf(a) > payoutStatuses.indexOf(b) ? a : b));
        expect(end).toBe(last);
      }),
      { numRuns: 500 },
    );
  });

  test("documents end at their last stage", () => {
    fc.assert(
      fc.property(arrivals(fc.constantFrom(...documentStatuses)), (orders) => {
        const ends = orders.map((news) =>
          news.reduce<DocumentStatus | null>(
            (known, next) => (judgeDocument(known, next) === "APPLY" ? next : known),
            null,
          ),
        );
        expect(ends[0]).toBe(ends[1]);
        expect(ends[0]).toBe(documentStatuses.findLast((status) => orders[0]?.includes(status)));
      }),
    );
  });

  test("a final payout status stays, and another final is never taken without a look-up", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...finals),
        fc.array(fc.constantFrom(...payoutStatuses), { minLength: 1 }),
        (final, news) => {
          const { known, verdicts } = followPayout(final, news);
          expect(known).toBe(final);
          for (const [index, verdict] of verdicts.entries()) {
            const isOtherFinal = news[index] !== final && finals.includes(news[index] as PayoutStatus);
            expect(verdict).toBe(isOtherFinal ? "CONTRADICTION" : news[index] === final ? "SAME" : "STALE");
          }
        },
      ),
    );
  });

  test("a contradicted payout ends where its look-up says, however the events are mixed around it", () => {
    const word = fc.record({
      status: fc.constantFrom<PayoutStatus[]>("PENDING", "PROCESSING", "SUCCESSFUL", "FAILED"),
    });
    fc.assert(
      fc.property(
        fc.constantFrom(...finals),
        fc.array(word),
        fc.array(word),
        fc.nat({ max: 3 }),
        (truth, before, after, again) => {
          let known: PayoutStatus | null = null;
          const take = (status: PayoutStatus, isLookUp: boolean) => {
            const verdict = judge(known, status, isLookUp);
            if (verdict === "APPLY" || verdict === "CORRECT") known = status;
            // As the inbox does: two finals that disagree are looked up.
            if (verdict === "CONTRADICTION") take(truth, true);
          };
          for (const { status } of before) take(status, false);
          for (let turn = 0; turn <= again; turn += 1) take(truth, true);
          for (const { status } of after) take(status, false);
          expect(known).toBe(truth);
        },
      ),
    );
  });

  test("only the journal brings a payout back to SUBMITTING, and only while it is UNCONFIRMED", () => {
    for (const known of payoutStatuses) {
      const verdict = judge(known, "SUBMITTING", false);
      expect([known, verdict === "APPLY"]).toEqual([known, known === "UNCONFIRMED"]);
    }
    expect(followPayout("SUBMITTING", ["UNCONFIRMED", "SUBMITTING", "UNCONFIRMED", "PENDING"]).known).toBe("PENDING");
    expect(followPayout("SUBMITTING", ["PENDING", "UNCONFIRMED", "SUBMITTING"]).known).toBe("PENDING");
  });
});

describe("through the one door, on a real database", () => {
  let database: Database;
  let door: ChangeDoor;

  async function openDoor(): Promise<void> {
    database = await openTestDatabase("sqlite::memory:");
    const logger = pino({ level: "silent" });
    door = new ChangeDoor({ database, wakeUps: new InProcessWakeUps(), metrics: new Metrics(), logger });
  }

  async function historyOf(kind: StatusLogRow["entity"], id: string): Promise<StatusLogRow[]> {
    return logAfter(database.db, 0, 1000, { entity: { kind, id } }, everything);
  }

  /** Each entry goes on where the one before ended, and says something new. */
  function expectChain(history: readonly StatusLogRow[], status: string, position: number): void {
    expect(history[0]?.from_status).toBeNull();
    for (const [index, entry] of history.entries()) {
      expect(entry.to_status).not.toBe(entry.from_status);
      if (index > 0) expect(entry.from_status).toBe(history[index - 1]?.to_status);
    }
    expect(history.at(-1)).toMatchObject({ to_status: status, position });
  }

  test("customers end alike in any order, and their log never repeats a status", async () => {
    await openDoor();
    const take = async (news: readonly DatedCustomerStatus[]) => {
      const id = unique("customer");
      for (const { status, at } of news) await door.apply([customerNews(id, status, at)], { source: "WEBHOOK" });
      const [row] = await customersByIds(database.db, [id], everything);
      expectChain(await historyOf("CUSTOMER", id), row!.status, row!.position);
      return { status: row!.status, at: row!.status_at };
    };
    await fc.assert(
      fc.asyncProperty(arrivals(datedStatus, 5), async ([one, other]) => {
        const end = await take(one);
        expect(end).toEqual(followCustomer(one));
        expect(await take(other)).toEqual(end);
      }),
      { numRuns: 60 },
    );
  });

  test("customers' logs stay whole where some news has a clock and some has not", async () => {
    await openDoor();
    const mixed = fc.record({
      status: fc.constantFrom(...customerStatuses),
      at: fc.option(fc.integer({ min: 1, max: 5 })),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(mixed, { minLength: 1, maxLength: 8 }), async (news) => {
        const id = unique("customer");
        for (const { status, at } of news) await door.apply([customerNews(id, status, at)], { source: "WEBHOOK" });
        const [row] = await customersByIds(database.db, [id], everything);
        expectChain(await historyOf("CUSTOMER", id), row!.status, row!.position);
        const clocks = news.map(({ at }) => at).filter((at) => at !== null);
        expect(row!.status_at).toBe(clocks.length > 0 ? Math.max(...clocks) : null);
      }),
      { numRuns: 60 },
    );
  });

  test("payouts end alike in any order, and their log never repeats a status", async () => {
    await openDoor();
    const customer = customerRow();
    await database.transaction((tx) => insertCustomer(tx, customer));
    const take = async (from: PayoutStatus, news: readonly PayoutStatus[]) => {
      const payoutId = unique("payout");
      const begin: PayoutChange = { kind: "payout", payoutId, status: from, details: { customerId: customer.id } };
      for (const change of [begin, ...news.map((status) => ({ ...begin, status }))]) {
        await door.apply([change], { source: "WEBHOOK" });
      }
      const [row] = await payoutsByIds(database.db, [payoutId], everything);
      const history = await historyOf("PAYOUT", payoutId);
      expectChain(history, row!.status, row!.position);
      expect(history.filter(({ to_status }) => finals.includes(to_status as PayoutStatus)).length).toBeLessThanOrEqual(
        1,
      );
      return row!.status;
    };
    const start = fc.constantFrom<PayoutStatus[]>("SUBMITTING", "UNCONFIRMED", "PENDING");
    const news = fc.constantFrom(...providerStages).chain((stages) => arrivals(fc.constantFrom(...stages), 5));
    await fc.assert(
      fc.asyncProperty(start, news, async (from, [one, other]) => {
        const end = await take(from, one);
        expect(end).toBe(followPayout(from, one).known);
        expect(await take(from, other)).toBe(end);
      }),
      { numRuns: 60 },
    );
  });

  test("a payout's log stays whole under any words at all, looked up or not", async () => {
    await openDoor();
    const customer = customerRow();
    await database.transaction((tx) => insertCustomer(tx, customer));
    const word = fc.record({ status: fc.constantFrom(...payoutStatuses), isLookUp: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(fc.array(word, { minLength: 1, maxLength: 10 }), async (words) => {
        const payoutId = unique("payout");
        let contradictions = 0;
        let corrections = 0;
        for (const change of words) {
          const news = { kind: "payout" as const, payoutId, ...change, details: { customerId: customer.id } };
          const [applied] = await door.apply([news], { source: "RECONCILIATION" });
          if (applied?.verdict === "CONTRADICTION") contradictions += 1;
          if (applied?.verdict === "CORRECT") corrections += 1;
          expect(applied?.position !== null).toBe(["APPLY", "CORRECT"].includes(applied!.verdict));
        }
        const [row] = await payoutsByIds(database.db, [payoutId], everything);
        const history = await historyOf("PAYOUT", payoutId);
        expectChain(history, row!.status, row!.position);
        // Out of a final leads only a correction, and each is named as one.
        const leavings = history.filter(({ from_status }) => finals.includes(from_status as PayoutStatus));
        expect(leavings).toHaveLength(corrections);
        expect(leavings.every(({ reason }) => reason?.startsWith("Correction"))).toBe(true);
        expect(contradictions).toBeLessThanOrEqual(words.filter(({ isLookUp }) => !isLookUp).length);
      }),
      { numRuns: 60 },
    );
  });
});

function customerNews(id: string, status: CustomerStatus, at: number | null): CustomerChange {
  const details = { type: "INDIVIDUAL" as const, email: "ada@example.com", country: "NG" };
  return { kind: "customer", id, status, occurredAt: at === null ? null : new Date(at), details };
}

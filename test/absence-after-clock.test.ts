// On SQLite, what one node has written is read by the next, whose clock may be an hour behind.

import { type CustomerCreation, stepCreation } from "../src/domain/customer-creation.js";
import { type PayoutLife, step } from "../src/domain/payout-life.js";

const hourMs = 3_600_000;
const nowMs = 1_000 * hourMs;
const gapMs = 5_000;
const rules = {
  canProveAbsence: true,
  absenceGapMs: gapMs,
  lateAcceptanceMs: 30_000,
  sendWithinMs: 24 * hourMs,
};
/** Sent and looked up by a node whose clock was an hour ahead. */
const ahead: PayoutLife = {
  status: "UNCONFIRMED",
  transactionId: null,
  intent: "UNCONFIRMED",
  sendings: 1,
  sentAtMs: nowMs + hourMs - 100,
  rejection: null,
  absentSinceMs: nowMs + hourMs,
  submittedAtMs: nowMs + hourMs - 200,
  attempts: 0,
};

/** Looks the payout up as often as it is due, until it is no longer looked up. */
function notFoundFrom(life: PayoutLife, atMs: number): { life: PayoutLife; tookMs: number } {
  let now = atMs;
  for (let state = life; ; ) {
    const result = step(state, { type: "LOOK_UP", result: { type: "ABSENT" }, askedAtMs: now, nowMs: now }, rules);
    if (!result) throw new Error("Nothing came of a look-up.");
    const [effect] = result.effects;
    if (effect?.type !== "LOOK_UP_AFTER") return { life: result.life, tookMs: now - atMs };
    state = result.life;
    now += effect.waitMs;
  }
}

test("a payout that was looked up under a clock ahead is proven absent by two look-ups after it is put right", () => {
  expect(notFoundFrom(ahead, nowMs)).toMatchObject({ life: { intent: "OPEN", status: "SUBMITTING" }, tookMs: gapMs });
});

test("its rejection becomes final once the provider can no longer accept it late", () => {
  const { life, tookMs } = notFoundFrom({ ...ahead, rejection: "[]" }, nowMs);
  expect(life.intent).toBe("REFUSED");
  expect(tookMs).toBeGreaterThanOrEqual(rules.lateAcceptanceMs);
  expect(tookMs).toBeLessThan(rules.lateAcceptanceMs + 2 * gapMs);
});

test("a customer that was looked up under a clock ahead is due again after one distance", () => {
  const state: CustomerCreation = {
    stage: "TO_CONFIRM",
    fence: 1,
    leaseUntilMs: nowMs + 6_000,
    dueAtMs: nowMs,
    sendings: 1,
    sendingSinceMs: null,
    sentAtMs: nowMs + hourMs - 100,
    absentSinceMs: nowMs + hourMs,
    failures: 0,
    rejection: null,
    customerId: null,
  };
  const creationRules = { absenceGapMs: gapMs, leaseMs: 6_000 } as Parameters<typeof stepCreation>[3];
  const { state: next } = stepCreation(state, { kind: "ABSENT", fence: 1, askedAtMs: nowMs }, nowMs, creationRules);
  expect(next.dueAtMs).toBe(nowMs + gapMs);
});

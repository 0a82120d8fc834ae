import { stepCreation } from "../src/domain/customer-creation.js";
import { explore, type Machine } from "./support/customer-creation-model.js";

const faults = 3;

test("no history of faults makes a second customer, denies one that exists, or leaves a command without a way on", () => {
  const { states, depth, violation } = explore(stepCreation, faults);
  expect(violation).toBeNull();
  expect(states).toBeGreaterThan(50_000);
  expect(depth).toBeGreaterThan(30);
});

const mistakes: [name: string, what: string, machine: Machine][] = [
  [
    "one look-up proves an absence",
    "REJECTED while the provider has the customer",
    (state, event, nowMs, rules) => stepCreation(state, event, nowMs, { ...rules, absenceGapMs: 0 }),
  ],
  [
    "a rejection after a lost sending is final",
    "REJECTED while the provider has the customer",
    (state, event, nowMs, rules) =>
      stepCreation(
        event.kind === "REJECTED" ? { ...state, sentAtMs: null } : state,
        withoutDuplicate(event),
        nowMs,
        rules,
      ),
  ],
  [
    "a node that died while it was sending did not send",
    "two customers for one key",
    (state, event, nowMs, rules) =>
      event.kind === "CLAIMED" && state.stage === "SENDING"
        ? stepCreation({ ...state, stage: "TO_SEND", sendings: 0, sendingSinceMs: null }, event, nowMs, rules)
        : stepCreation(state, event, nowMs, rules),
  ],
];

function withoutDuplicate(event: Parameters<Machine>[1]): Parameters<Machine>[1] {
  return event.kind === "REJECTED" ? { ...event, isDuplicate: false } : event;
}

test.each(mistakes)("the exploration finds the mistake: %s", (_name, what, machine) => {
  const { violation } = explore(machine, faults);
  expect(violation?.what).toBe(what);
  expect(violation?.history.length).toBeGreaterThan(2);
});

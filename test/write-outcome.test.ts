import { judgeFailedSending, nextStepOfWrite, type ReadBack, type WriteOutcome } from "../src/domain/write-outcome.js";

test.each([
  ["REFUSED", "REJECTED"],
  ["NOT_FOUND", "REJECTED"],
  ["UNAUTHENTICATED", "NOT_DONE"],
  ["FORBIDDEN", "NOT_DONE"],
  ["RATE_LIMITED", "NOT_DONE"],
  ["CONFLICT", "UNKNOWN"],
  ["OTHER_REJECTION", "UNKNOWN"],
  ["UNAVAILABLE", "UNKNOWN"],
  ["GARBLED", "UNKNOWN"],
])("a write that failed with %s is %s, and NOT_DONE if no byte of it left", (kind, outcome) => {
  expect(judgeFailedSending({ kind, isUnsent: false })).toBe(outcome);
  expect(judgeFailedSending({ kind, isUnsent: true })).toBe("NOT_DONE");
});

const outcomes: WriteOutcome[] = ["REJECTED", "NOT_DONE", "UNKNOWN"];
const readBacks: ReadBack[] = ["SHOWN", "NOT_SHOWN", "NO_ANSWER", "INVISIBLE"];
const every = outcomes.flatMap((outcome) =>
  readBacks.flatMap((readBack) =>
    [1, 2].flatMap((sendings) =>
      [false, true].map((isEarlierUnknown) => ({ outcome, readBack, sendings, isEarlierUnknown })),
    ),
  ),
);

describe("of every state of a repeatable write", () => {
  test("what was never worked on is not read back, and is answered as not done", () => {
    const state = { outcome: "NOT_DONE" as const, sendings: 1, isEarlierUnknown: false };
    expect(nextStepOfWrite({ ...state, readBack: null })).toBe("ANSWER_NOT_DONE");
  });

  test("everything else is read back first", () => {
    for (const state of every) {
      if (state.outcome === "NOT_DONE" && !state.isEarlierUnknown) continue;
      expect(nextStepOfWrite({ ...state, readBack: null })).toBe("READ_BACK");
    }
  });

  test("what is shown as done is done", () => {
    for (const state of every.filter(({ readBack }) => readBack === "SHOWN")) {
      const isUntouched = state.outcome === "NOT_DONE" && !state.isEarlierUnknown;
      expect(nextStepOfWrite(state)).toBe(isUntouched ? "ANSWER_NOT_DONE" : "ANSWER_DONE");
    }
  });

  test("only a rejection that reading back does not contradict leads to user errors", () => {
    const rejected = every.filter((state) => nextStepOfWrite(state) === "ANSWER_REJECTED");
    expect(new Set(rejected.map(({ outcome }) => outcome))).toEqual(new Set(["REJECTED"]));
    expect(new Set(rejected.map(({ readBack }) => readBack))).toEqual(new Set(["NOT_SHOWN", "INVISIBLE"]));
  });

  test("only an unknown outcome is sent again, and only once", () => {
    const again = every.filter((state) => nextStepOfWrite(state) === "SEND_AGAIN");
    expect(new Set(again.map(({ outcome, sendings }) => `${outcome} ${sendings}`))).toEqual(new Set(["UNKNOWN 1"]));
  });

  test("after an unknown sending nothing is answered as not done", () => {
    const later = every.filter(({ isEarlierUnknown }) => isEarlierUnknown).map(nextStepOfWrite);
    expect(later).not.toContain("ANSWER_NOT_DONE");
  });
});

import { LosslessNumber, parse } from "lossless-json";
import { fromDecimalText, toDecimalText, UnreadableNumber } from "../src/datasources/exact-number.js";
import { toDate, UnreadableTime } from "../src/datasources/provider-time.js";
import { toCustomerStatus, toPayoutStatus, UnknownStatusWord } from "../src/datasources/status-words.js";

describe("decimals", () => {
  test.each([
    ["0.1", "0.1"],
    ["612.88", "612.88"],
    ["20.0", "20.0"],
    ["9007199254740993.01", "9007199254740993.01"],
    ["1e3", "1000"],
    ["1.5E-3", "0.0015"],
    ["-12.50", "-12.50"],
    ["-0.00", "0.00"],
    ["0", "0"],
  ])("the JSON number %s is the decimal %s", (json, decimal) => {
    expect(toDecimalText(parse(json))).toBe(decimal);
  });

  test("a decimal sent as a string is read like a number", () => {
    expect(toDecimalText("1550.00")).toBe("1550.00");
    expect(toDecimalText("007.50")).toBe("7.50");
  });

  test.each(["", " 1", "1,000.00", "abc", "NaN", "Infinity", "0x10", ".5", "1e999", "1e99", `1${"0".repeat(64)}`])(
    "%p is no amount",
    (value) => {
      expect(() => toDecimalText(value)).toThrow(UnreadableNumber);
    },
  );

  test("a JavaScript number is no exact amount", () => {
    expect(() => toDecimalText(0.1)).toThrow(UnreadableNumber);
    expect(() => toDecimalText(null)).toThrow(UnreadableNumber);
  });

  test("a decimal goes into JSON with the digits it was given", () => {
    expect(fromDecimalText("9007199254740993.01")).toEqual(new LosslessNumber("9007199254740993.01"));
    expect(() => fromDecimalText("1; DROP")).toThrow(UnreadableNumber);
  });
});

describe("times", () => {
  test.each([
    ["2026-03-13T11:38:17.000000Z", "2026-03-13T11:38:17.000Z"],
    ["2026-03-13T11:38:17.123456Z", "2026-03-13T11:38:17.123Z"],
    ["2026-03-13T11:38:17.5Z", "2026-03-13T11:38:17.500Z"],
    ["2026-03-13T11:38:17Z", "2026-03-13T11:38:17.000Z"],
    ["2026-03-13T11:38:17+00:00", "2026-03-13T11:38:17.000Z"],
    ["2026-03-13T11:38:17.250+01:00", "2026-03-13T10:38:17.250Z"],
    ["2026-03-13T11:38:17-0530", "2026-03-13T17:08:17.000Z"],
    ["2026-03-13T11:38:17", "2026-03-13T11:38:17.000Z"],
    ["2026-03-13 11:38:17", "2026-03-13T11:38:17.000Z"],
    ["2026-03-13 11:38:17 UTC", "2026-03-13T11:38:17.000Z"],
    ["2026-03-13", "2026-03-13T00:00:00.000Z"],
    ["1773401897", "2026-03-13T11:38:17.000Z"],
    ["1773401897.25", "2026-03-13T11:38:17.250Z"],
    ["1773401897250", "2026-03-13T11:38:17.250Z"],
    ["1773401897250999", "2026-03-13T11:38:17.250Z"],
    ["Fri, 13 Mar 2026 11:38:17 GMT", "2026-03-13T11:38:17.000Z"],
    ["13 Mar 2026 12:38:17 +0100", "2026-03-13T11:38:17.000Z"],
  ])("%s is %s", (text, instant) => {
    expect(toDate(text).toISOString()).toBe(instant);
  });

  test.each(["", "yesterday", "2026-02-30T00:00:00Z", "2026-13-01", "2026-03-13T25:00:00Z", "13/03/2026", "12"])(
    "%p is no time",
    (text) => {
      expect(() => toDate(text)).toThrow(UnreadableTime);
    },
  );
});

describe("status words", () => {
  test.each([
    ["PENDING", "PENDING"],
    ["processing", "PROCESSING"],
    ["Verified", "VERIFIED"],
    ["APPROVED", "VERIFIED"],
    ["In progress", "PROCESSING"],
    ["rejected", "REJECTED"],
  ])("a customer said to be %s is %s", (word, status) => {
    expect(toCustomerStatus(word)).toBe(status);
  });

  test.each([
    ["pending", "PENDING"],
    ["PROCESSING", "PROCESSING"],
    ["SUCCESSFUL", "SUCCESSFUL"],
    ["completed", "SUCCESSFUL"],
    ["FAILED", "FAILED"],
    ["CANCELLED", "FAILED"],
    ["REVERSED", "FAILED"],
    ["expired", "FAILED"],
    ["in-progress", "PROCESSING"],
    ["Succeeded", "SUCCESSFUL"],
    [" success ", "SUCCESSFUL"],
    ["successfully", "SUCCESSFUL"],
    ["Returned", "FAILED"],
  ])("a payout said to be %s is %s", (word, status) => {
    expect(toPayoutStatus(word)).toBe(status);
  });

  test("a word of another kind or of no kind is not guessed", () => {
    expect(() => toPayoutStatus("VERIFIED")).toThrow(UnknownStatusWord);
    expect(() => toCustomerStatus("SUCCESSFUL")).toThrow(UnknownStatusWord);
    expect(() => toPayoutStatus("constructor")).toThrow(UnknownStatusWord);
    expect(() => toPayoutStatus("")).toThrow(UnknownStatusWord);
  });
});

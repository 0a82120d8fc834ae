import "reflect-metadata";
import fc from "fast-check";
import { type ExecutionResult, graphql } from "graphql";
import { Arg, buildSchema, Query, Resolver } from "type-graphql";
import { CursorScalar } from "../src/schema/cursor.scalar.js";
import { DateTimeScalar } from "../src/schema/date-time.scalar.js";
import { DecimalScalar } from "../src/schema/decimal.scalar.js";
import { UploadScalar } from "../src/schema/upload.scalar.js";

@Resolver()
class EchoResolver {
  @Query(() => DecimalScalar)
  decimal(@Arg("value", () => DecimalScalar) value: string): string {
    return value;
  }

  @Query(() => DateTimeScalar)
  dateTime(@Arg("value", () => DateTimeScalar) value: Date): Date {
    return value;
  }

  @Query(() => CursorScalar)
  cursor(@Arg("value", () => CursorScalar) value: string): string {
    return value;
  }

  @Query(() => Boolean)
  async upload(@Arg("value", () => UploadScalar) value: Promise<unknown>): Promise<boolean> {
    return (await value) !== undefined;
  }
}

const schema = await buildSchema({ resolvers: [EchoResolver] });

type Echo = "decimal" | "dateTime" | "cursor" | "upload";

function sendVariable(field: Echo, type: string, value: unknown): Promise<ExecutionResult> {
  const source = `query ($value: ${type}!) { ${field}(value: $value) }`;
  return graphql({ schema, source, variableValues: { value } });
}

function sendLiteral(field: Echo, literal: string): Promise<ExecutionResult> {
  return graphql({ schema, source: `{ ${field}(value: ${literal}) }` });
}

/** A digit string without leading zeros. */
const integer = fc.stringMatching(/^(0|[1-9]\d{0,29})$/);
const decimal = fc.oneof(integer, fc.stringMatching(/^-?(0|[1-9]\d{0,29})\.\d{1,18}$/));

test("a Decimal comes back digit for digit, as a variable and in either literal form", async () => {
  await fc.assert(
    fc.asyncProperty(decimal, async (value) => {
      for (const answer of [
        await sendVariable("decimal", "Decimal", value),
        await sendLiteral("decimal", JSON.stringify(value)),
        await sendLiteral("decimal", value),
      ]) {
        expect(answer).toEqual({ data: { decimal: value } });
      }
    }),
    { numRuns: 50 },
  );
});

test("leading zeros of a Decimal are dropped, so that one amount is one text", async () => {
  expect(await sendVariable("decimal", "Decimal", "007.50")).toEqual({ data: { decimal: "7.50" } });
  expect(await sendVariable("decimal", "Decimal", "000")).toEqual({ data: { decimal: "0" } });
});

test.each([
  "",
  " 1",
  "+1",
  "1.",
  ".5",
  "1e5",
  "1,5",
  "1_000",
  "0x10",
  "NaN",
  "Infinity",
  "٣",
  "1".repeat(31),
  `0.${"1".repeat(19)}`,
])("the Decimal %j is refused", async (value) => {
  const { errors } = await sendVariable("decimal", "Decimal", value);
  expect(errors?.[0]?.message).toContain("A Decimal has at most");
});

test.each([612.88, 1, 0, Number.POSITIVE_INFINITY])(
  "the JSON number %d is no Decimal, and the error says to send a string",
  async (value) => {
    const { errors } = await sendVariable("decimal", "Decimal", value);
    expect(errors?.[0]?.message).toContain("Send a Decimal as a string");
  },
);

test.each(["true", "[1]", "{ a: 1 }", "ONE", "1e5"])("the literal %s is no Decimal", async (literal) => {
  const { errors, data } = await sendLiteral("decimal", literal);
  expect(data).toBeUndefined();
  expect(errors?.[0]?.message).toContain("Decimal");
});

test.each([
  ["2026-11-23T09:30:00.000Z", "2026-11-23T09:30:00.000Z"],
  ["2026-11-23T10:30:00+01:00", "2026-11-23T09:30:00.000Z"],
  ["2024-02-29T23:59:59.123456Z", "2024-02-29T23:59:59.123Z"],
])("the DateTime %s is served in UTC with milliseconds", async (value, served) => {
  expect(await sendVariable("dateTime", "DateTime", value)).toEqual({ data: { dateTime: served } });
  expect(await sendLiteral("dateTime", JSON.stringify(value))).toEqual({ data: { dateTime: served } });
});

test.each([
  "2026-02-29T00:00:00Z",
  "2026-04-31T00:00:00Z",
  "2026-11-23T24:00:00Z",
  "2026-11-23T09:30:60Z",
  "2026-11-23T09:30:00",
  "2026-11-23",
  "2026-11-23 09:30:00Z",
  "tomorrow",
  1_790_000_000_000,
])("%j is no DateTime", async (value) => {
  const { errors } = await sendVariable("dateTime", "DateTime", value);
  expect(errors?.[0]?.message).toContain("A DateTime is an RFC 3339 instant");
});

test("a Cursor is a string of 1 to 200 characters", async () => {
  const longest = "c".repeat(200);
  expect(await sendVariable("cursor", "Cursor", longest)).toEqual({ data: { cursor: longest } });
  for (const value of ["", `${longest}c`, 17]) {
    expect((await sendVariable("cursor", "Cursor", value)).errors?.[0]?.message).toContain("A Cursor is a string");
  }
});

test("an Upload is only taken from a multipart request", async () => {
  expect((await sendVariable("upload", "Upload", "file")).errors).toHaveLength(1);
  expect((await sendLiteral("upload", '"file"')).errors).toHaveLength(1);
});

test("an error about a scalar of the gateway's own says what to send and nothing of what was sent", () => {
  const secret = "0222500691x";
  for (const scalar of [DecimalScalar, DateTimeScalar]) {
    let message = "";
    try {
      scalar.parseValue(secret);
    } catch (error) {
      message = String(error);
    }
    expect(message).not.toBe("");
    expect(message).not.toContain(secret);
  }
});

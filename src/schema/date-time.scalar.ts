import { GraphQLError, GraphQLScalarType, Kind } from "graphql";
import { isCalendarDate } from "./calendar-date.js";

const RFC_3339 = /^(\d{4}-\d{2}-\d{2})T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,9})?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)$/;

function toDate(text: unknown): Date {
  const day = typeof text === "string" ? RFC_3339.exec(text)?.[1] : undefined;
  if (typeof text !== "string" || day === undefined || !isCalendarDate(day)) {
    throw new GraphQLError("A DateTime is an RFC 3339 instant with its offset, e.g. 2026-11-23T09:30:00.000Z.");
  }
  return new Date(text);
}

export const DateTimeScalar = new GraphQLScalarType<Date, string>({
  name: "DateTime",
  description: "RFC 3339 instant, UTC, e.g. 2026-11-23T09:30:00.000Z.",
  serialize(value) {
    if (!(value instanceof Date) || Number.isNaN(value.getTime())) {
      throw new GraphQLError("A DateTime is served from a valid Date only.");
    }
    return value.toISOString();
  },
  parseValue: toDate,
  parseLiteral(node) {
    return toDate(node.kind === Kind.STRING ? node.value : undefined);
  },
});

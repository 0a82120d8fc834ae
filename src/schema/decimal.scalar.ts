import { GraphQLError, GraphQLScalarType, Kind } from "graphql";

const ACCEPTED = /^-?\d{1,30}(\.\d{1,18})?$/;
// Looser than what is accepted: the provider's rates may have more decimals than any caller may send.
const SERIALISABLE = /^-?\d+(\.\d+)?$/;

/** "007.50" and "7.50" are one amount: without this they would be two inputs under one idempotency key. */
function withoutLeadingZeros(decimal: string): string {
  return decimal.replace(/^(-?)0+(?=\d)/, "$1");
}

function toDecimal(text: string): string {
  if (!ACCEPTED.test(text)) {
    throw new GraphQLError(
      "A Decimal has at most 30 digits before the point and 18 after it, without exponent, sign + or separators.",
    );
  }
  return withoutLeadingZeros(text);
}

export const DecimalScalar = new GraphQLScalarType<string, string>({
  name: "Decimal",
  description: 'Exact decimal number carried as a string, e.g. "612.88". Never a float.',
  serialize(value) {
    if (typeof value !== "string" || !SERIALISABLE.test(value)) {
      throw new GraphQLError("A Decimal is served from a string of digits only.");
    }
    return value;
  },
  parseValue(value) {
    if (typeof value === "number") {
      throw new GraphQLError('Send a Decimal as a string, e.g. "612.88": a JSON number may have lost digits already.');
    }
    if (typeof value !== "string") {
      throw new GraphQLError('Send a Decimal as a string, e.g. "612.88".');
    }
    return toDecimal(value);
  },
  parseLiteral(node) {
    // A number in the document is still its source text here, so nothing is lost.
    if (node.kind === Kind.STRING || node.kind === Kind.INT || node.kind === Kind.FLOAT) {
      return toDecimal(node.value);
    }
    throw new GraphQLError('Send a Decimal as a string, e.g. "612.88".');
  },
});

import { GraphQLError, GraphQLScalarType, Kind } from "graphql";

const MAX_LENGTH = 200;

function toCursor(text: unknown): string {
  if (typeof text !== "string" || text.length === 0 || text.length > MAX_LENGTH) {
    throw new GraphQLError(`A Cursor is a string of 1 to ${MAX_LENGTH} characters, as the gateway gave it.`);
  }
  return text;
}

export const CursorScalar = new GraphQLScalarType<string, string>({
  name: "Cursor",
  description: "Opaque position in the status log. Positions are totally ordered and never reused.",
  serialize: toCursor,
  parseValue: toCursor,
  parseLiteral(node) {
    return toCursor(node.kind === Kind.STRING ? node.value : undefined);
  },
});

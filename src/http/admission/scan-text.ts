// A look at a document's words before it is parsed: what is too long or nests too deep never reaches the parser.

import { GraphQLError, Lexer, Source, TokenKind } from "graphql";
import { badRequest, limitExceeded, Refusal } from "./refusal.js";

export interface TextLimits {
  tokens: number;
  depth: number;
}

const opening = new Set<string>([TokenKind.BRACE_L, TokenKind.PAREN_L, TokenKind.BRACKET_L]);
const closing = new Set<string>([TokenKind.BRACE_R, TokenKind.PAREN_R, TokenKind.BRACKET_R]);
const texts = new Set<string>([TokenKind.STRING, TokenKind.BLOCK_STRING]);
// For arguments, their objects, and the introspection query's chains of types.
const moreBrackets = 16;

/** Answers the number of tokens. */
export function scanText(text: string, limits: TextLimits): number {
  // A field and a fragment around it open two for each level.
  const maxBrackets = 2 * limits.depth + moreBrackets;
  const lexer = new Lexer(new Source(text));
  let tokens = 0;
  let brackets = 0;
  try {
    for (let token = lexer.advance(); token.kind !== TokenKind.EOF; token = lexer.advance()) {
      tokens += 1;
      if (tokens > limits.tokens) {
        throw limitExceeded("tokens", `The document has more than ${limits.tokens} tokens, which is the limit.`);
      }
      if (opening.has(token.kind)) brackets += 1;
      if (closing.has(token.kind)) brackets -= 1;
      if (brackets > maxBrackets) {
        throw limitExceeded(
          "depth",
          `The document nests more than ${maxBrackets} brackets, too many for the limit of ${limits.depth} levels.`,
        );
      }
      if (texts.has(token.kind) && token.value.includes("\0")) {
        throw badRequest("The document holds the character NUL.");
      }
    }
  } catch (error) {
    throw error instanceof GraphQLError ? parseFailed(error) : error;
  }
  return tokens;
}

export function parseFailed({ message, source, positions }: GraphQLError): Refusal {
  const error = new GraphQLError(message, {
    source: source ?? null,
    positions: positions ?? null,
    extensions: { code: "GRAPHQL_PARSE_FAILED" },
  });
  return new Refusal([error], { reason: "parse", status: null });
}

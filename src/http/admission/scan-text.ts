// A look at a document's words before it is parsed: what is too long or nests too deep never reaches the parser.

import { GraphQLError, Lexer, Source, TokenKind } from "graphql";
import { badRequest, limitExceeded, Refusal } from "./refusal.js";

export interface TextLimits {
  tokens: number;
  depth: number;
}

/** What a text has in it. */
export interface Words {
  tokens: number;
  hasSpreads: boolean;
  hasDirectives: boolean;
  hasVariables: boolean;
  /** Values between braces. */
  hasObjects: boolean;
  /** Not without its words. */
  mayAskSchema: boolean;
}

const opening = new Set<string>([TokenKind.BRACE_L, TokenKind.PAREN_L, TokenKind.BRACKET_L]);
const closing = new Set<string>([TokenKind.BRACE_R, TokenKind.PAREN_R, TokenKind.BRACKET_R]);
/** The fields that tell of the schema. */
export const askingSchema = new Set(["__schema", "__type"]);
const texts = new Set<string>([TokenKind.STRING, TokenKind.BLOCK_STRING]);
// For arguments, their objects, and the introspection query's chains of types.
const moreBrackets = 16;

export function scanText(text: string, limits: TextLimits): Words {
  // A field and a fragment around it open two for each level.
  const maxBrackets = 2 * limits.depth + moreBrackets;
  const lexer = new Lexer(new Source(text));
  const words: Words = {
    tokens: 0,
    hasSpreads: false,
    hasDirectives: false,
    hasVariables: false,
    hasObjects: false,
    mayAskSchema: false,
  };
  let brackets = 0;
  let parentheses = 0;
  try {
    for (let token = lexer.advance(); token.kind !== TokenKind.EOF; token = lexer.advance()) {
      words.tokens += 1;
      if (words.tokens > limits.tokens) {
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
      if (token.kind === TokenKind.PAREN_L) parentheses += 1;
      else if (token.kind === TokenKind.PAREN_R) parentheses -= 1;
      else if (token.kind === TokenKind.BRACE_L) words.hasObjects ||= parentheses > 0;
      else if (token.kind === TokenKind.SPREAD) words.hasSpreads = true;
      else if (token.kind === TokenKind.AT) words.hasDirectives = true;
      else if (token.kind === TokenKind.DOLLAR) words.hasVariables = true;
      else if (token.kind === TokenKind.NAME) words.mayAskSchema ||= askingSchema.has(token.value);
    }
  } catch (error) {
    throw error instanceof GraphQLError ? parseFailed(error) : error;
  }
  return words;
}

export function parseFailed({ message, source, positions }: GraphQLError): Refusal {
  const error = new GraphQLError(message, {
    source: source ?? null,
    positions: positions ?? null,
    extensions: { code: "GRAPHQL_PARSE_FAILED" },
  });
  return new Refusal([error], { reason: "parse", status: null });
}

import type { FastifyInstance, FastifyRequest } from "fastify";
import { badRequest } from "./admission/refusal.js";

const decoder = new TextDecoder("utf-8", { fatal: true });
// The framework refuses names that would change an object's own kind, however they are written.
const odd = /\\u|__proto__|constructor/;

/** JSON that the framework would take as it is. Throws where that is for the framework to say. */
export function parsePlainJson(body: Buffer): unknown {
  const text = decoder.decode(body);
  if (odd.test(text)) throw new Error("It takes a closer look.");
  return JSON.parse(text);
}

/** JSON of exactly the characters that were sent: what is no UTF-8 is refused, where a usual parser would put others. */
export function takeJson(scope: FastifyInstance, onBody: (request: FastifyRequest, body: Buffer) => void): void {
  const parse = scope.getDefaultJsonParser("error", "error");
  scope.removeContentTypeParser("application/json");
  scope.addContentTypeParser("application/json", { parseAs: "buffer" }, (request, body, done) => {
    onBody(request, body as Buffer);
    let text: string;
    try {
      text = decoder.decode(body as Buffer);
    } catch {
      return done(badRequest("The body is not valid UTF-8."), undefined);
    }
    parse(request, text, done);
  });
}

import type { FastifyInstance, FastifyRequest } from "fastify";
import type { Authenticator } from "../access/authenticator.js";
import type { Principal } from "../access/principal.js";

const principals = new WeakMap<FastifyRequest, Principal>();

/** Every route of the scope knows who calls before a byte of the body is read. */
export function authenticateRequests(scope: FastifyInstance, authenticator: Authenticator): void {
  scope.addHook("onRequest", async (request) => {
    principals.set(request, await authenticator.authenticate(request.headers.authorization));
  });
}

export function principalOf(request: FastifyRequest): Principal {
  const principal = principals.get(request);
  if (!principal) throw new Error("The route is not behind authentication.");
  return principal;
}

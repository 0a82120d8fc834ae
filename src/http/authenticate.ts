import type { FastifyInstance, FastifyRequest } from "fastify";
import type { Principal } from "../access/principal.js";
import type { CredentialGuard } from "./credential-guard.js";

const principals = new WeakMap<FastifyRequest, Principal>();

/** Every route of the scope knows who calls before a byte of the body is read. */
export function authenticateRequests(scope: FastifyInstance, credentials: CredentialGuard): void {
  scope.addHook("onRequest", async (request) => {
    principals.set(request, await credentials.check(request.headers.authorization, request.ip));
  });
}

export function principalOf(request: FastifyRequest): Principal {
  const principal = principals.get(request);
  if (!principal) throw new Error("The route is not behind authentication.");
  return principal;
}

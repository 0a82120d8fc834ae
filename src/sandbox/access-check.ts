import type { FastifyInstance, FastifyRequest } from "fastify";
import { type AccessTokens, isSameSecret } from "./access-tokens.js";
import { refused } from "./api-error.js";
import { type Scope, scopes } from "./scopes.js";

declare module "fastify" {
  interface FastifyContextConfig {
    scope?: Scope;
  }
}

/** Bearer token or the older key header; a token beside a key decides alone. */
export function checkAccess(app: FastifyInstance, tokens: AccessTokens, apiKey: string): void {
  app.addHook("onRequest", async (request) => {
    const held = scopesOf(request, tokens, apiKey);
    if (held === undefined) throw refused(401, "Invalid or missing access token");
    const needed = request.routeOptions.config.scope;
    if (needed !== undefined && !held.includes(needed)) throw refused(403, "Access Denied");
  });
}

function scopesOf(request: FastifyRequest, tokens: AccessTokens, apiKey: string): readonly string[] | undefined {
  const { authorization } = request.headers;
  if (authorization !== undefined) {
    const token = /^Bearer +(\S+)$/i.exec(authorization)?.[1];
    return token === undefined ? undefined : tokens.scopesOf(token);
  }
  const key = request.headers["x-blaaiz-api-key"];
  return typeof key === "string" && isSameSecret(key, apiKey) ? scopes : undefined;
}

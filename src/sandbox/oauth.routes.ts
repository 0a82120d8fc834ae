import type { FastifyInstance } from "fastify";
import { type AccessTokens, isSameSecret, tokenLifeSeconds } from "./access-tokens.js";
import { ApiError } from "./api-error.js";
import { isScope } from "./scopes.js";
import type { Credentials } from "./settings.js";

export interface OauthParts {
  credentials: Credentials;
  tokens: AccessTokens;
}

export function registerOauthRoutes(app: FastifyInstance, { credentials, tokens }: OauthParts): void {
  app.post("/oauth/token", async (request, reply) => {
    const form = request.body instanceof URLSearchParams ? request.body : new URLSearchParams();
    const clientId = form.get("client_id");
    const clientSecret = form.get("client_secret");
    const grantType = form.get("grant_type");
    if (!clientId || !clientSecret || !grantType) {
      throw oauthError(400, "invalid_request", "The request is missing a required parameter.");
    }
    if (grantType !== "client_credentials") {
      throw oauthError(400, "unsupported_grant_type", "The grant type is not supported.");
    }
    const isKnown =
      isSameSecret(clientId, credentials.clientId) && isSameSecret(clientSecret, credentials.clientSecret);
    if (!isKnown) throw oauthError(401, "invalid_client", "Client authentication failed.");
    const asked = (form.get("scope") ?? "").split(" ").filter((scope) => scope !== "");
    if (!asked.every(isScope)) throw oauthError(400, "invalid_scope", "Invalid scope(s) provided");
    return reply.send({
      token_type: "Bearer",
      expires_in: tokenLifeSeconds,
      access_token: tokens.mint(asked),
    });
  });
}

function oauthError(status: number, error: string, description: string): ApiError {
  return new ApiError(status, { error, error_description: description });
}

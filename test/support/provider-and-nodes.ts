// One simulated provider that outlives the gateways before it, as the real one does.

import type { Config } from "../../src/config.js";
import type { Sandbox } from "../../src/sandbox/sandbox.js";

/** What a gateway has to know of a provider that it did not start itself. */
export function knowing(provider: Sandbox): Pick<Config, "provider" | "webhookSecrets"> {
  const { url, clientId, clientSecret, signingSecret } = provider;
  return { provider: { url, credentials: { clientId, clientSecret } }, webhookSecrets: [signingSecret] };
}

/** The same, as the variables of a process. */
export function environmentFor(provider: Sandbox): Record<string, string> {
  return {
    PROVIDER_URL: provider.url,
    PROVIDER_CLIENT_ID: provider.clientId,
    PROVIDER_CLIENT_SECRET: provider.clientSecret,
    PROVIDER_RATE_LIMIT: "100000/1m,1000000/1h",
    WEBHOOK_SIGNING_SECRET: provider.signingSecret,
    AUTH_DISABLED: "true",
  };
}

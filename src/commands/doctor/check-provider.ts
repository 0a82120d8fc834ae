// One call tells most of it: whether the provider is there, takes the credentials, has the same time, and where it sends
// webhooks to.

import { type Config, neededScope } from "../../config.js";
import { ClockSkew } from "../../datasources/clock-skew.js";
import { ProviderClient } from "../../datasources/provider-client.js";
import { isProviderError, type ProviderError } from "../../datasources/provider-error.js";
import { type WebhookRegistration, WebhooksDataSource } from "../../datasources/webhooks.datasource.js";
import { commandLogger } from "../record-command.js";
import { addressesOf, isSentTo } from "../webhook-registration.js";
import { type Finding, fault, note, ok, skipped } from "./finding.js";

const patienceMs = 5_000;
const dependent = ["scopes", "clock", "webhooks"] as const;
type Dependent = (typeof dependent)[number];

export async function checkProvider(config: Config): Promise<Finding[]> {
  if (!config.provider) {
    return ["provider", ...dependent, "signing-secret"].map((check) =>
      skipped(check, "The built-in sandbox needs none."),
    );
  }
  const { url, credentials } = config.provider;
  const clockSkew = new ClockSkew(config.webhookToleranceSeconds);
  const provider = new ProviderClient({
    baseUrl: url,
    credentials: { ...credentials, scope: config.providerScope },
    timeoutMs: Math.min(config.providerTimeoutMs, patienceMs),
    logger: commandLogger("silent"),
    userAgent: "payout-gateway",
    clockSkew,
  });
  const secret = checkSigningSecret(config);
  try {
    const registration = await new WebhooksDataSource(provider).get();
    const scopes = "clientId" in credentials ? checkScopes(config.providerScope) : noScopes;
    const webhooks = checkWebhooks(registration, `${config.publicUrl}/webhooks`);
    return [ok("provider", `${url} takes the credentials.`), scopes, checkClock(clockSkew), webhooks, secret];
  } catch (error) {
    if (!isProviderError(error)) throw error;
    return [...toFindings(error, config), secret];
  } finally {
    provider.close();
  }
}

const noScopes = skipped("scopes", "PROVIDER_API_KEY opens everything.");

/** A token is made for what it is asked for, or not at all: it cannot open less than that. */
function checkScopes(scope: string): Finding {
  const lacking = neededScope.split(" ").filter((needed) => !scope.split(/\s+/).includes(needed));
  if (lacking.length === 0) return ok("scopes", "Every scope that a call needs is granted.");
  const remedy = "Add them to PROVIDER_SCOPE, or leave it unset: it has all of them then.";
  return fault("scopes", `PROVIDER_SCOPE lacks ${lacking.join(", ")}.`, remedy);
}

function checkClock(clockSkew: ClockSkew): Finding {
  const warning = clockSkew.warning();
  if (warning === null) return ok("clock", "It agrees with the provider's.");
  return fault("clock", warning, "Set this machine's clock, best by NTP.");
}

function checkWebhooks(registration: WebhookRegistration | null, url: string): Finding {
  if (registration === null) {
    const remedy = "Run: payout-gateway webhooks register --secret-file PATH";
    return fault("webhooks", "The provider sends webhooks nowhere.", remedy);
  }
  if (isSentTo(registration, url)) return ok("webhooks", `The provider sends to ${url}.`);
  const remedy = "Correct PUBLIC_URL, or run: payout-gateway webhooks register --move";
  return fault("webhooks", `The provider sends to ${addressesOf(registration).join(" and ")}, not to ${url}.`, remedy);
}

function checkSigningSecret({ webhookSecrets }: Config): Finding {
  // Whether it is the right one shows only by a delivery: the provider tells it to nobody a second time.
  if (webhookSecrets.length > 0) return ok("signing-secret", `${webhookSecrets.length} held.`);
  const remedy = "Set it to what the provider showed, or have it make a new one: payout-gateway webhooks rotate";
  return fault("signing-secret", "There is no WEBHOOK_SIGNING_SECRET: every webhook would be refused.", remedy);
}

function toFindings(error: ProviderError, { provider, providerScope }: Config): Finding[] {
  const url = provider?.url ?? "";
  const names =
    provider && "apiKey" in provider.credentials ? "PROVIDER_API_KEY" : "PROVIDER_CLIENT_ID and PROVIDER_CLIENT_SECRET";
  const rest = (...found: Finding[]) => [
    ...found,
    ...dependent
      .filter((check) => !found.some((finding) => finding.check === check))
      .map((check: Dependent) => skipped(check, "The provider has to answer first.")),
  ];
  const isAboutScope = error.httpStatus === 400 && /scope/i.test(error.providerMessage ?? "");
  if (isAboutScope || error.kind === "FORBIDDEN") {
    const asked = checkScopes(providerScope);
    const remedy =
      "Give the credential these scopes at the provider; if it has them, allow this machine's address there.";
    const refused = isAboutScope
      ? fault("scopes", `The credential does not have every scope of PROVIDER_SCOPE: ${providerScope}.`, remedy)
      : fault("scopes", "The provider forbids what webhook:read opens.", remedy);
    const answers = ok("provider", `${url} answers.`);
    return rest(answers, asked.status === "fault" ? asked : refused);
  }
  if (error.kind === "UNAUTHENTICATED" && error.httpStatus === 401) {
    return rest(fault("provider", `${url} does not take the credentials.`, `Correct ${names}.`));
  }
  if (error.kind === "RATE_LIMITED") {
    return rest(note("provider", `${url} answers, and takes no more calls for now: look again later.`));
  }
  const isElse = error.kind !== "UNAVAILABLE" || error.httpStatus === 404;
  const says = isElse ? `What answers at ${url} is not the provider` : `${url} cannot be reached`;
  return rest(fault("provider", `${says}: ${error.message}`, "Correct PROVIDER_URL, or open the way there."));
}

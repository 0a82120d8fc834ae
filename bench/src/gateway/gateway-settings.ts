// The one place that says how the measured gateway is set up and how its callers show who they are.

/** Beside the addresses and the secrets of a run. What is not named here is as it comes. */
export const gatewayEnvironment: Record<string, string> = {
  AUTH_DISABLED: "true",
  // The sample data is not the simulated provider's: look-ups of it would find nothing.
  RECONCILE_SECONDS: "0",
  // The account's limit would be measured instead of the gateway.
  PROVIDER_RATE_LIMIT: "100000000/1s",
};

/** Sent with every HTTP request to the gateway, and to no other server. */
export const clientHeaders: Record<string, string> = {};

/** The payload of `connection_init`. */
export const connectionParams: Record<string, unknown> = {};

/** Written above the results. */
export const switchedOn = [
  "Authentication: off, since this version tells no callers apart yet; everyone is the operator.",
  "Limits: a body of 100 kB, 100 entries a page. This version has no limits on the depth or cost of a query.",
  "Log level `info`, written to nowhere. SQLite with `journal_mode=WAL` and `synchronous=FULL`, as it comes.",
  "Off: reconciliation (the sample data is not the simulated provider's), and the provider's rate limit is out of reach.",
];

// The one place that says how the measured gateway is set up and how its callers show who they are.

/** Beside the addresses and the secrets of a run. What is not named here is as it comes. */
export const gatewayEnvironment: Record<string, string> = {
  AUTH_DISABLED: "false",
  // The sample data is not the simulated provider's: look-ups of it would find nothing.
  RECONCILE_SECONDS: "0",
  // The account's limit would be measured instead of the gateway.
  PROVIDER_RATE_LIMIT: "100000000/1s",
};

/** Whose the sample data is. */
export const tenant = "shop";

/** What the keys are made with. */
export const keyArguments = {
  partner: [
    ...["--tenant", tenant],
    ...["--scope", "customers:read customers:write documents:write payouts:read payouts:write"],
  ],
  operator: ["--scope", "operator"],
};

/** How a caller shows who it is. */
export interface Caller {
  /** Sent with every HTTP request to the gateway, and to no other server. */
  headers: Record<string, string>;
  /** The payload of `connection_init`. */
  connectionParams: Record<string, unknown>;
}

export function callerOf(key: string): Caller {
  const authorization = `Bearer ${key}`;
  return { headers: { authorization }, connectionParams: { authorization } };
}

/** Written above the results. */
export const switchedOn = [
  "Authentication is on: every request and socket of the gateway shows the API key of a partner, who owns the sample data and sees nothing else. The peers know no callers.",
  "Limits: a body of 100 kB, 100 entries a page. This version has no limits on the depth or cost of a query.",
  "Log level `info`, written to nowhere. SQLite with `journal_mode=WAL` and `synchronous=FULL`, as it comes.",
  "Off: reconciliation (the sample data is not the simulated provider's), and the provider's rate limit is out of reach.",
];

// The one place that says how the measured gateway is set up and how its callers show who they are.

/** Beside the addresses and the secrets of a run. What is not named here is as it comes. */
export const gatewayEnvironment: Record<string, string> = {
  AUTH_DISABLED: "false",
  // The sample data is not the simulated provider's: look-ups of it would find nothing.
  RECONCILE_SECONDS: "0",
  // The account's limit would be measured instead of the gateway.
  PROVIDER_RATE_LIMIT: "100000000/1s",
  // One caller at one address stands for many here. These limits are counted all the same.
  LIMIT_REQUESTS_PER_MINUTE: "100000000",
  LIMIT_SOCKETS: "100000",
  LIMIT_SUBSCRIPTIONS: "100000",
  LIMIT_CONNECTIONS_PER_ADDRESS: "100000",
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
  "All limits are on, as they come. Out of reach, but counted all the same, are those of a caller's requests in a minute, sockets and subscriptions and of an address's connections: one caller stands for many here.",
  "Log level `info`, written to nowhere. SQLite with `journal_mode=WAL` and `synchronous=FULL`, as it comes.",
  "Off: reconciliation (the sample data is not the simulated provider's), and the provider's rate limit is out of reach.",
];

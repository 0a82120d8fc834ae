import type { Gateway } from "./gateway.js";

// Where the package is installed there are no scripts of npm's, and where it is checked out they compile first.
const isInstalled = import.meta.url.includes("/node_modules/");
const demo = isInstalled ? "npx payout-gateway demo" : "npm run demo";
const keys = isInstalled ? "npx payout-gateway keys" : "npm run keys --";

/** Says where everything is, and what to try next. */
export function printWelcome({ url, sandbox, asksForCredentials }: Gateway): void {
  const lines = [
    "",
    `  Dashboard     ${url}/`,
    `  GraphQL API   ${url}/graphql   (WebSocket here too, SSE at /graphql/stream)`,
    `  Explorer      ${url}/graphiql`,
    ...(sandbox
      ? [
          `  Sandbox       ${sandbox.url}   (the simulated provider; no real money moves)`,
          "",
          asksForCredentials
            ? `  Try next:  ${keys} create --tenant shop --scope "customers:read customers:write"`
            : `  Try next, in another terminal:  ${demo}`,
        ]
      : []),
    "",
  ];
  console.log(lines.join("\n"));
}

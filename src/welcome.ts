import type { Gateway } from "./gateway.js";

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
            ? '  Try next:  npm run keys -- create --tenant shop --scope "customers:read customers:write"'
            : "  Try next, in another terminal:  npm run demo",
        ]
      : []),
    "",
  ];
  console.log(lines.join("\n"));
}

// The audits of the GraphQL over HTTP specification, as its authors wrote them, against a running gateway.

import { type AuditResult, serverAudits } from "graphql-http";
import { pino } from "pino";
import { readConfig } from "../src/config.js";
import { type Gateway, startGateway } from "../src/gateway.js";

let gateway: Gateway;
let url: string;

beforeAll(async () => {
  const variables = { PORT: "0", SANDBOX_PORT: "0", DATABASE_URL: "sqlite::memory:", RECONCILE_SECONDS: "0" };
  gateway = await startGateway(readConfig(variables), { logger: pino({ level: "silent" }) });
  url = `${gateway.url}/graphql`;
});

afterAll(() => gateway.stop());

const audits = serverAudits({
  url: () => url,
  // A query by GET has to prove that no page of another site sends it.
  fetchFn: (address: string, init: RequestInit = {}) =>
    fetch(address, {
      ...init,
      headers: { ...(init.headers as Record<string, string>), "apollo-require-preflight": "1" },
    }),
});

test("the specification has 61 audits", () => {
  expect(audits).toHaveLength(61);
});

test.each(audits.map(({ id, name, fn }) => [id, name, fn] as const))("%s: %s", async (_id, _name, audit) => {
  const result: AuditResult = await audit();
  expect({ status: result.status, reason: "reason" in result ? result.reason : null }).toEqual({
    status: "ok",
    reason: null,
  });
});

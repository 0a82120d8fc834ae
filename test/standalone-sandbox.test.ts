import { once } from "node:events";
import WebSocket from "ws";
import { type Build, buildGateway } from "./support/built-gateway.js";
import { freePort } from "./support/free-port.js";
import { readSandboxLines } from "./support/sandbox-lines.js";
import { statusChangeFields, TestClient } from "./support/test-client.js";

let build: Build;
beforeAll(async () => {
  build = await buildGateway();
});
afterAll(() => build.remove());

test("the gateway does the main job with a provider that it knows by URL and credentials alone", async () => {
  const port = await freePort();
  const sandbox = build.run("sandbox/main.js", {
    SANDBOX_PORT: "0",
    SANDBOX_STATE_FILE: "apart/sandbox.db",
    SANDBOX_WEBHOOK_URL: `http://127.0.0.1:${port}/webhooks`,
    SANDBOX_REVIEW_MS: "50",
    SANDBOX_STEP_MS: "50",
  });
  const settings = await readSandboxLines(sandbox);
  expect(Object.keys(settings)).toEqual([
    "PROVIDER_URL",
    "PROVIDER_CLIENT_ID",
    "PROVIDER_CLIENT_SECRET",
    "WEBHOOK_SIGNING_SECRET",
    "AUTH_DISABLED",
  ]);
  const gateway = build.run("index.js", { ...settings, PORT: String(port), DATABASE_URL: "sqlite:apart/gateway.db" });
  const url = await gateway.printed(/GraphQL API\s+(http\S+)\/graphql/);
  expect(gateway.output).not.toContain("Sandbox");

  const client = new TestClient(url);
  const { statusCursor } = await client.run("{ statusCursor }");
  const following = client.follow({ after: statusCursor });
  const { id: customerId } = await client.verifiedCustomer();
  const { payout, userErrors } = await client.createPayout({ customerId });
  expect(userErrors).toEqual([]);
  const seen = await following.until(({ to }) => to === "SUCCESSFUL");
  expect(seen.map(({ __typename, to, source }) => `${__typename} ${to} ${source}`)).toEqual([
    "CustomerStatusChange PENDING MUTATION",
    "DocumentStatusChange REQUESTED MUTATION",
    "DocumentStatusChange UPLOADED MUTATION",
    "DocumentStatusChange ATTACHED MUTATION",
    "CustomerStatusChange PROCESSING MUTATION",
    "CustomerStatusChange VERIFIED WEBHOOK",
    "PayoutStatusChange SUBMITTING MUTATION",
    "PayoutStatusChange PENDING MUTATION",
    "PayoutStatusChange PROCESSING WEBHOOK",
    "PayoutStatusChange SUCCESSFUL WEBHOOK",
  ]);
  const { wallets } = await client.run("{ wallets { balance { amount currency } } }");
  expect(wallets[0].balance).toEqual({ amount: "999999999999995000.50", currency: "NGN" });

  await client.stop();

  const socket = new WebSocket(`${url.replace("http", "ws")}/graphql`, "graphql-transport-ws");
  await once(socket, "open");
  const closed = once(socket, "close");
  const stopped = await gateway.stop();
  expect((await closed)[0]).toBe(1001);
  expect(stopped.exitCode).toBe(0);
  expect(stopped.tookMs).toBeLessThan(5000);
  const gone = await sandbox.stop();
  expect(gone.exitCode).toBe(0);
  expect(gone.tookMs).toBeLessThan(5000);
  for (const secret of [settings.PROVIDER_CLIENT_SECRET, settings.WEBHOOK_SIGNING_SECRET]) {
    expect(gateway.output + gateway.errors).not.toContain(secret);
  }

  // Both know what they knew, whoever starts them again.
  const sandboxAgain = build.run("sandbox/main.js", {
    SANDBOX_PORT: new URL(settings.PROVIDER_URL as string).port,
    SANDBOX_STATE_FILE: "apart/sandbox.db",
    SANDBOX_WEBHOOK_URL: `http://127.0.0.1:${port}/webhooks`,
  });
  expect(await readSandboxLines(sandboxAgain)).toEqual(settings);
  const gatewayAgain = build.run("index.js", {
    ...settings,
    PORT: String(port),
    DATABASE_URL: "sqlite:apart/gateway.db",
  });
  await gatewayAgain.printed(/GraphQL API/);
  const clientAgain = new TestClient(url);
  const { statusChanges, payouts } = await clientAgain.run(
    `query ($after: Cursor) { statusChanges(after: $after) { ${statusChangeFields} } payouts { nodes { id } } }`,
    { after: statusCursor },
  );
  expect(statusChanges.map(({ cursor }: { cursor: string }) => cursor)).toEqual(seen.map(({ cursor }) => cursor));
  expect(payouts.nodes).toEqual([{ id: payout.id }]);
  expect(await clientAgain.createPayout({ customerId })).toMatchObject({ userErrors: [] });
  expect((await gatewayAgain.stop("SIGINT")).exitCode).toBe(0);
  expect((await sandboxAgain.stop("SIGINT")).exitCode).toBe(0);
});

test("a gateway whose provider does not accept its credentials serves what it has, and says so of the rest", async () => {
  const sandbox = build.run("sandbox/main.js", { SANDBOX_PORT: "0", SANDBOX_STATE_FILE: ":memory:" });
  const settings = await readSandboxLines(sandbox);
  const gateway = build.run("index.js", {
    ...settings,
    PROVIDER_CLIENT_SECRET: "wrong",
    PORT: "0",
    DATABASE_URL: "sqlite::memory:",
  });
  const client = new TestClient(await gateway.printed(/GraphQL API\s+(http\S+)\/graphql/));
  expect(await client.run("{ customers { totalCount } }")).toEqual({ customers: { totalCount: 0 } });
  const { errors } = await client.request("{ wallets { id } }");
  expect(errors).toMatchObject([{ extensions: { code: "PROVIDER_UNAVAILABLE" } }]);
  expect(JSON.stringify(errors)).not.toMatch(/127\.0\.0\.1|oauth|invalid_client/);
  expect((await gateway.stop()).exitCode).toBe(0);
  expect((await sandbox.stop()).exitCode).toBe(0);
});

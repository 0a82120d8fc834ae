import { existsSync } from "node:fs";
import { cp } from "node:fs/promises";
import { join } from "node:path";
import { type Build, buildGateway } from "./support/built-gateway.js";
import { startTestGateway } from "./support/start-test-gateway.js";

let build: Build;
beforeAll(async () => {
  build = await buildGateway();
});
afterAll(() => build.remove());

// Nothing listens here, so that a gateway which somebody runs on the usual port stays out of it.
const nowhere = { PUBLIC_URL: "http://127.0.0.1:9", SANDBOX_REVIEW_MS: "50", SANDBOX_STEP_MS: "50" };

const changes = [
  "Customer PENDING MUTATION",
  "Document REQUESTED MUTATION",
  "Document UPLOADED MUTATION",
  "Document ATTACHED MUTATION",
  "Customer PROCESSING MUTATION",
  "Customer VERIFIED WEBHOOK",
  "Payout SUBMITTING MUTATION",
  "Payout PENDING MUTATION",
  "Payout PROCESSING WEBHOOK",
  "Payout SUCCESSFUL WEBHOOK",
];

function changesIn(output: string): string[] {
  return [...output.matchAll(/^ +(Customer|Document|Payout) +([A-Z]+) +([A-Z]+)$/gm)].map(([, ...words]) =>
    words.join(" "),
  );
}

test("the demo starts a gateway where none runs, and prints the ten changes", async () => {
  const demo = build.run("cli.js", nowhere, ["demo"]);
  expect(await demo.exitCode).toBe(0);
  expect(demo.output).toContain("No gateway is running");
  expect(changesIn(demo.output)).toEqual(changes);
  expect(demo.errors).toBe("");
});

test("the demo plays against a gateway that runs, again and again", async () => {
  const { gateway, client } = await startTestGateway();
  for (const round of [1, 2]) {
    const demo = build.run("cli.js", { PUBLIC_URL: gateway.url }, ["demo"]);
    expect(await demo.exitCode).toBe(0);
    expect(demo.output).toContain(`Using the gateway at ${gateway.url}`);
    expect(changesIn(demo.output)).toEqual(changes);
    const { customers, payouts } = await client.run("{ customers { totalCount } payouts { totalCount } }");
    expect([customers.totalCount, payouts.totalCount]).toEqual([round, round]);
  }
});

// `npm start` in one terminal and `npm run demo` in another, which compiles first.
test("a gateway goes on serving when what it was built to is cleaned to be compiled anew", async () => {
  const { directory } = build;
  await cp(join(directory, "dist"), join(directory, "other/dist"), { recursive: true });
  await cp("scripts/clean.js", join(directory, "other/scripts/clean.js"));
  const environment = { PORT: "0", SANDBOX_PORT: "0", DATABASE_URL: "sqlite::memory:", ...nowhere, PUBLIC_URL: "" };
  const gateway = build.run("../other/dist/index.js", environment);
  const url = await gateway.printed(/Dashboard +(http:\S+)\//);
  expect(await build.run("../other/scripts/clean.js").exitCode).toBe(0);
  expect(existsSync(join(directory, "other/dist/index.js"))).toBe(false);
  const demo = build.run("cli.js", {}, ["demo", url]);
  expect(await demo.exitCode).toBe(0);
  expect(changesIn(demo.output)).toEqual(changes);
  expect((await gateway.stop()).exitCode).toBe(0);
});

test("the demo fails where the provider rejects the customer", async () => {
  const { gateway, client, provider } = await startTestGateway({ sandbox: { reviewDelayMs: 60_000 } });
  const { statusCursor } = await client.run("{ statusCursor }");
  const following = client.follow({ after: statusCursor });
  const demo = build.run("cli.js", {}, ["demo", gateway.url]);
  const seen = await following.until(({ to }) => to === "PROCESSING");
  await fetch(`${provider.url}/_sandbox/customers/${seen.at(-1)?.id}/status`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ status: "REJECTED" }),
  });
  expect(await demo.exitCode).toBe(1);
  expect(changesIn(demo.output).at(-1)).toBe("Customer REJECTED WEBHOOK");
  expect(demo.output).toContain("Expected: ");
});

test("the demo fails at once where a step is refused", async () => {
  const { gateway, provider } = await startTestGateway();
  provider.failNext({ route: "POST /file/get-presigned-url", kind: "answer", status: 503, times: 2 });
  const demo = build.run("cli.js", {}, ["demo", gateway.url]);
  expect(await demo.exitCode).toBe(1);
  expect(demo.errors).toContain("The provider cannot be used at the moment.");
  expect(provider.received("POST /payout")).toHaveLength(0);
});

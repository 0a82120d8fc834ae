import { spawnSync } from "node:child_process";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { parse, validate } from "graphql";
import { exampleTabs } from "../src/http/example-operations.js";
import { inBrowser, openPage } from "./support/browser.js";
import { buildDashboard } from "./support/dashboard-build.js";
import { readPrintedSchema } from "./support/fixed-api.js";
import { startGatewayWithPage } from "./support/gateway-with-page.js";
import { startTestGateway } from "./support/start-test-gateway.js";

test("the page comes with a policy that lets in nothing of another host and no script in the page itself", async () => {
  const { client } = await startGatewayWithPage();
  const answers = await Promise.all([fetch(client.url), fetch(client.url)]);
  const [first = "", second = ""] = answers.map(({ headers }) => headers.get("content-security-policy") ?? "");
  const policy = new Map(first.split("; ").map((directive) => directive.split(/ (.*)/) as [string, string]));
  expect(policy.get("default-src")).toBe("'none'");
  expect(policy.get("script-src")).toBe("'self'");
  expect(policy.get("connect-src")).toBe("'self'");
  expect(policy.get("frame-ancestors")).toBe("'none'");
  expect(first).not.toMatch(/unsafe|https?:|\*/);
  const nonce = /'nonce-([^']+)'/.exec(first)?.[1] ?? "";
  expect(await answers[0]?.text()).toContain(`content="${nonce}"`);
  expect(second).not.toContain(nonce);
});

test("every view of the page is answered with it, and what is none of them is not there", async () => {
  const { client } = await startGatewayWithPage();
  for (const path of ["/", "/payouts", "/payouts/1", "/customers", "/customers/1", "/pay?customer=1", "/operator"]) {
    const answer = await fetch(`${client.url}${path}`);
    expect([path, answer.status, answer.headers.get("content-type")]).toEqual([path, 200, "text/html; charset=utf-8"]);
    expect(answer.headers.get("cache-control")).toBe("no-store");
  }
  for (const path of ["/nothing", "/payouts.json", "/assets/nothing.js", "/assets/../index.html", "/index.html"]) {
    expect((await fetch(`${client.url}${path}`)).status).toBe(404);
  }
});

test("scripts are sent compressed, and may be kept for ever", async () => {
  const { client } = await startGatewayWithPage();
  const page = await (await fetch(client.url)).text();
  const script = /src="(\/assets\/[^"]+\.js)"/.exec(page)?.[1] ?? "";
  const answer = await fetch(`${client.url}${script}`, { headers: { "accept-encoding": "gzip" } });
  expect(answer.headers.get("content-encoding")).toBe("gzip");
  expect(answer.headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
  expect(answer.headers.get("x-content-type-options")).toBe("nosniff");
  expect(Number(answer.headers.get("content-length"))).toBeLessThan(250_000);
});

test("the page is the same production build whatever NODE_ENV the build is started with", async () => {
  const environments: Record<string, string>[] = [{}, { NODE_ENV: "test" }, { NODE_ENV: "development" }];
  const builds: string[][] = [];
  for (const environment of environments) {
    // A name of an asset holds the hash of its content.
    builds.push((await readdir(join(await buildDashboard(environment), "assets"))).sort());
  }
  const [asUsual] = builds;
  expect(builds).toEqual([asUsual, asUsual, asUsual]);
});

test("programs that a test starts do not inherit the test runner's NODE_ENV", () => {
  const { stdout } = spawnSync(process.execPath, ["-p", "process.env.NODE_ENV"], { encoding: "utf8" });
  expect(stdout).toBe("undefined\n");
});

test("without a built page the API works as ever, and / leads to the explorer", async () => {
  const { client } = await startTestGateway();
  const answer = await fetch(client.url, { redirect: "manual" });
  expect([answer.status, answer.headers.get("location")]).toEqual([302, "/graphiql"]);
  expect((await client.run("{ payouts { totalCount } }")).payouts.totalCount).toBe(0);
});

test.each(exampleTabs.map(({ query }) => query))("the schema allows the explorer's example %#", (query) => {
  expect(validate(readPrintedSchema(), parse(query))).toEqual([]);
});

inBrowser(() => {
  test("the explorer opens offline with the three steps in tabs, and follows what happens", async () => {
    const { client } = await startGatewayWithPage();
    const page = await openPage(`${client.url}/graphiql`);
    for (const name of ["Follow", "CreateCustomer", "RequestUpload", "Attach", "Choose", "Pay"]) {
      await page.getByRole("button", { name, exact: true }).waitFor();
    }
    const subscribed = new Promise<void>((resolve) => {
      page.on("websocket", (socket) => {
        socket.on("framesent", ({ payload }) => String(payload).includes("Follow") && resolve());
      });
    });
    await page.getByRole("button", { name: /Execute query/ }).click();
    await subscribed;
    const { customer } = await client.createCustomer();
    await page.getByText(`"${customer.id}"`).waitFor();
  });
});

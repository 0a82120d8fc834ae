// The dashboard and the alerts under ops/ speak of metrics that the gateway has.

import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { startTestGateway } from "./support/start-test-gateway.js";

interface Panel {
  title: string;
  targets?: { expr: string }[];
}

const dashboard = JSON.parse(readFileSync("ops/grafana/dashboard.json", "utf8")) as { panels: Panel[] };
const alerts = readFileSync("ops/prometheus/alerts.yml", "utf8");

const namesIn = (text: string) => [...text.matchAll(/payout_gateway_[a-z_]+/g)].map(([name]) => name);

/** What a run of the three steps leaves, by the name that series have. */
async function seriesAfterDemo(): Promise<{ names: Set<string>; labels: Map<string, Set<string>> }> {
  const { client, gateway } = await startTestGateway();
  const following = client.follow();
  const customer = await client.verifiedCustomer();
  const { payout } = await client.createPayout({ customerId: customer.id });
  await client.payoutReaching(payout.id, "SUCCESSFUL");
  await following.stop();
  await fetch(`${gateway.url}/webhooks`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: "{}",
  });
  await client.request("{ nothing }");
  const text = await (await fetch(`${gateway.metricsUrl}/metrics`)).text();
  const names = new Set<string>();
  for (const [, name = "", type] of text.matchAll(/^# TYPE (\S+) (\S+)$/gm)) {
    const endings = type === "histogram" ? ["_bucket", "_sum", "_count"] : [""];
    for (const ending of endings) names.add(`${name}${ending}`);
  }
  const labels = new Map<string, Set<string>>();
  for (const [, name = "", inner = ""] of text.matchAll(/^([a-z_]+)\{(.*)\} \S+$/gm)) {
    const known = labels.get(name) ?? new Set();
    for (const [, label = ""] of inner.matchAll(/(\w+)="/g)) known.add(label);
    labels.set(name, known);
  }
  return { names, labels };
}

test("every series in the dashboard and the alerts is there after the three steps, with the labels that it is asked by", async () => {
  const { names, labels } = await seriesAfterDemo();
  const expressions = [...dashboard.panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr)), alerts];
  expect(new Set(expressions.flatMap(namesIn).filter((name) => !names.has(name)))).toEqual(new Set());

  const filters = expressions.flatMap((text) => [...text.matchAll(/(payout_gateway_[a-z_]+)\{([^}]*)\}/g)]);
  const unknown = filters.flatMap(([, name = "", filter = ""]) =>
    [...filter.matchAll(/(\w+)=~?"/g)]
      .filter(([, label = ""]) => !labels.get(name)?.has(label))
      .map(([, l]) => `${name} ${l}`),
  );
  expect(unknown).toEqual([]);
});

test("no series of the gateway is missing in the dashboard", async () => {
  const { names } = await seriesAfterDemo();
  const shown = new Set(dashboard.panels.flatMap(({ targets = [] }) => targets.flatMap(({ expr }) => namesIn(expr))));
  const base = (name: string) => name.replace(/_(bucket|sum|count)$/, "");
  const shownBases = new Set([...shown].map(base));
  expect([...names].filter((name) => !shownBases.has(base(name)))).toEqual([]);
});

const promtool = process.env.PROMTOOL || "promtool";
const reason = spawnSync(promtool, ["--version"]).error?.message;
if (reason) process.stderr.write(`Skipped: the alerts are not run (${reason}); install prometheus or set PROMTOOL.\n`);

(reason ? test.skip : test)("each alert is raised by what it is meant for, and not before", () => {
  const options = { cwd: "ops/prometheus", encoding: "utf8" } as const;
  expect(execFileSync(promtool, ["check", "rules", "alerts.yml"], options)).toContain("SUCCESS");
  expect(execFileSync(promtool, ["test", "rules", "alerts.test.yml"], options)).toContain("SUCCESS");
  const tests = readFileSync("ops/prometheus/alerts.test.yml", "utf8");
  const named = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].map(([, name]) => name);
  expect(named(tests, /^ {2}- name: (\w+)$/gm)).toEqual(named(alerts, /- alert: (\w+)$/gm));
});

// A well-behaved client while 200 others do their worst. With LONG_TESTS=1 for a minute, as the promise says.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { ApiKeys } from "../src/access/api-keys.js";
import { type Build, buildGateway, type RunningProcess } from "./support/built-gateway.js";
import { everyPartnerScope } from "./support/credentials.js";
import { eventually } from "./support/eventually.js";
import { isLongRun } from "./support/long-tests.js";
import { TestClient } from "./support/test-client.js";
import { newSqliteUrl, openTestDatabase } from "./support/test-databases.js";

const seconds = isLongRun ? 60 : 12;
// What the process may keep of an attack: documents that it has prepared, and callers that it counts.
const keptMegabytes = 30;

let build: Build;
beforeAll(async () => {
  build = await buildGateway();
});
afterAll(() => build.remove());

// Answers a signal with what is held after a collection: when the runtime collects by itself is no matter of ours.
const probe = encodeURIComponent(
  `process.on("SIGUSR2",()=>{globalThis.gc();const{heapUsed,external}=process.memoryUsage();console.log("held",heapUsed+external)})`,
);

async function heldMegabytes(gateway: RunningProcess): Promise<number> {
  const answers = () => [...gateway.output.matchAll(/^held (\d+)$/gm)];
  const before = answers().length;
  process.kill(gateway.pid as number, "SIGUSR2");
  const last = await eventually(async () => answers()[before]);
  return Number(last[1]) / 1_000_000;
}

function median(numbers: readonly number[]): number {
  return [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0;
}

/** Asks again and again, a little apart, and answers how long each took. */
async function latencies(client: TestClient, query: string, goesOn: () => boolean): Promise<number[]> {
  const took: number[] = [];
  while (goesOn()) {
    const since = performance.now();
    await client.run(query);
    took.push(performance.now() - since);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return took;
}

test(
  "a well-behaved client loses nothing while 200 connections do their worst, and their memory is given back",
  async () => {
    const databaseUrl = await newSqliteUrl();
    const gateway = build.run("index.js", {
      PORT: "0",
      SANDBOX_PORT: "0",
      DATABASE_URL: databaseUrl,
      AUTH_DISABLED: "false",
      LOG_LEVEL: "error",
      NODE_OPTIONS: `--expose-gc --import data:text/javascript,${probe}`,
    });
    const url = await gateway.printed(/GraphQL API\s+(http\S+)\/graphql/);
    const keys = new ApiKeys(await openTestDatabase(databaseUrl));
    const make = async (tenant: string) =>
      (await keys.create({ tenant, name: null, scopes: everyPartnerScope, expiresAt: null })).key;
    const client = new TestClient(url, await make("good"));
    const { customer } = await client.createCustomer();
    const following = client.follow({ after: customer.cursor });
    const query = `{ customer(id: "${customer.id}") { id status documents { id } } }`;

    const startedAt = Date.now();
    const usual = median(await latencies(client, query, () => Date.now() < startedAt + 3_000));
    const before = await heldMegabytes(gateway);

    const script = join(process.cwd(), "test/support/hostile-callers.js");
    const attackers = spawn(process.execPath, [script, url, await make("bad"), String(seconds)], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    let done = false;
    let report = "";
    attackers.stdout.on("data", (text) => {
      report += text;
    });
    const ended = once(attackers, "close").then(() => {
      done = true;
    });
    // Changes that are made meanwhile arrive meanwhile, every one of them.
    const cursors: string[] = [];
    const [took] = await Promise.all([
      latencies(client, query, () => !done),
      (async () => {
        while (!done) {
          cursors.push((await client.createCustomer()).customer.cursor);
          await new Promise((resolve) => setTimeout(resolve, 1_000));
        }
      })(),
      ended,
    ]);
    const seen = await following.until(({ cursor }) => cursor === cursors.at(-1));
    expect(seen.map(({ cursor }) => cursor)).toEqual(cursors);
    await following.stop();

    const during = median(took);
    console.log(
      `median ${usual.toFixed(1)} ms alone, ${during.toFixed(1)} ms under attack (${(during / usual).toFixed(1)} times); attackers saw ${report.trim()}`,
    );
    await eventually(async () => (await heldMegabytes(gateway)) - before < keptMegabytes);
    await client.stop();
    expect(gateway.errors).toBe("");
    expect((await gateway.stop()).exitCode).toBe(0);
  },
  seconds * 1000 + 120_000,
);

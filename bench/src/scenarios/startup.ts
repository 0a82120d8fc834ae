// How soon it is there, and what it holds on to when nobody wants anything. Here it runs just as `npm start` runs it, the
// simulated provider inside.

import { copyFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { startGatewayProcess } from "../gateway/gateway-process.js";
import { type MeasuredGateway, startMeasuredGateway } from "../gateway/measured-gateway.js";
import { startLoadMaker } from "../load/http-load.js";
import { freePort } from "../machine/free-port.js";
import { cpuMsOf, residentBytesOf } from "../machine/process-usage.js";
import { megabytes, number } from "../report/format.js";
import type { Section } from "../report/section.js";
import { median } from "../report/statistics.js";
import { queryNames, readingCustomers, readingPayouts, requestsOf } from "../sample/queries.js";
import type { Bench } from "./scenario.js";

const mostReadyMs = 1_000;
const mostBytes = 150e6;
const requestsBefore = 2_000;

export async function startup(bench: Bench): Promise<Section> {
  const file = join(bench.directory, "startup.db");
  await copyFile(bench.template.file, file);
  const environment = { DATABASE_URL: `sqlite:${file}`, SANDBOX_PORT: String(await freePort()) };
  const readyMs: number[] = [];
  const cpuMs: number[] = [];
  for (let turn = 0; turn <= bench.rounds; turn += 1) {
    const gateway = await startGatewayProcess(environment);
    const spent = cpuMsOf(gateway.pid);
    await gateway.stop();
    // The first brings the files into the system's memory.
    if (turn === 0) continue;
    readyMs.push(gateway.readyMs);
    cpuMs.push(spent);
  }

  const idleMs = bench.isQuick ? 5_000 : 60_000;
  const idle = await startGatewayProcess(environment);
  const used = await startMeasuredGateway(bench, { filling: { customers: readingCustomers, payouts: readingPayouts } });
  await readSome(used);
  await sleep(idleMs);
  const resident = { idle: residentBytesOf(idle.pid), used: residentBytesOf(used.pid) };
  await idle.stop();
  await used.stop();

  const ready = median(readyMs);
  return {
    title: "Start and memory",
    text: [
      `From the start of the process to the first good answer of \`/readyz\`, on a database that exists. Resident memory after ${idleMs / 1000} s without
a request${bench.isQuick ? " (a whole run waits a minute)" : ""}: of a gateway that was only started, and of one that has answered ${requestsBefore.toLocaleString("en-US")} of each of the three queries before.`,
    ],
    tables: [
      {
        head: ["payout-gateway", "measured"],
        rows: [
          ["ready", `${number(ready)} ms`],
          ["CPU until then", `${number(median(cpuMs))} ms`],
          ["resident when idle, just started, the simulated provider inside", megabytes(resident.idle)],
          ["resident when idle, after requests", megabytes(resident.used)],
        ],
      },
    ],
    bounds: [
      {
        what: "ready after the start of the process",
        limit: `within ${mostReadyMs} ms`,
        measured: `${number(ready)} ms`,
        isHeld: ready <= mostReadyMs,
      },
      {
        what: `resident after ${idleMs / 1000} s idle`,
        limit: `under ${megabytes(mostBytes)}`,
        measured: `${megabytes(resident.idle)}; after requests ${megabytes(resident.used)}`,
        isHeld: resident.idle < mostBytes,
      },
    ],
  };
}

async function readSome({ url, partner }: MeasuredGateway): Promise<void> {
  const loads = await startLoadMaker();
  for (const name of queryNames) {
    const requests = requestsOf(name).map((request) => ({ body: JSON.stringify(request) }));
    const plan = { url: `${url}/graphql`, headers: partner.headers, expects: '{"data":{' };
    await loads.run({ ...plan, requests, amount: requestsBefore });
  }
  await loads.stop();
}

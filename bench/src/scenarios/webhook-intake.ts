// Signed webhooks, as many as the gateway takes: each is on disk before it is answered, and applied afterwards.

import { setTimeout as sleep } from "node:timers/promises";
import SqliteDatabase from "better-sqlite3";
import { type MeasuredGateway, startMeasuredGateway } from "../gateway/measured-gateway.js";
import { startLoadMaker } from "../load/http-load.js";
import { amountFor, type Measured, measureLoad, medianOf } from "../load/measured-load.js";
import { nowMs } from "../machine/clock.js";
import { commitsPerSecond, syncsPerSecond } from "../machine/disk-speed.js";
import { number } from "../report/format.js";
import type { Bound, Table } from "../report/section.js";
import { median } from "../report/statistics.js";
import { WebhookFeed } from "../sample/webhooks.js";
import type { Bench } from "./scenario.js";

const leastPerSecond = 2_000;
const lookEveryMs = 20;

export async function webhookIntake(bench: Bench): Promise<{ tables: Table[]; bounds: Bound[] }> {
  const filling = { customers: 100, payouts: bench.isQuick ? 20_000 : 120_000, status: "PENDING" } as const;
  const gateway = await startMeasuredGateway(bench, { filling });
  const loads = await startLoadMaker();
  const feed = new WebhookFeed(filling, gateway.signingSecret);
  const inbox = openInbox(gateway);
  const take = (amount: number) => feed.takeRequests(amount);
  const plan = { url: `${gateway.url}/webhooks`, expects: "true" };
  const amount = await amountFor(loads, { ...plan, requests: [] }, bench.secondsOfRound, take);
  await inbox.untilApplied();

  const results: Measured[] = [];
  const appliedPerSecond: number[] = [];
  const syncs: number[] = [];
  const commits: number[] = [];
  for (let round = 0; round < bench.rounds; round += 1) {
    const storedBefore = inbox.stored();
    const requests = take(amount);
    const startedAt = nowMs();
    results.push(await measureLoad(loads, gateway.pid, { ...plan, requests, amount }));
    if (inbox.stored() - storedBefore !== amount)
      throw new Error("A webhook that was answered 200 is not in the inbox.");
    await inbox.untilApplied();
    appliedPerSecond.push(amount / ((nowMs() - startedAt) / 1000));
    syncs.push(syncsPerSecond(gateway.directory, bench.secondsOfRound));
    commits.push(commitsPerSecond(gateway.directory, bench.secondsOfRound));
  }
  inbox.close();
  await loads.stop();
  await gateway.stop();

  const { cpuMsPerRequest, perSecond, p50Ms, p99Ms } = medianOf(results);
  return {
    tables: [
      {
        head: ["webhook intake", "stored/s", "p50 ms", "p99 ms", "CPU ms/webhook", "applied/s, to the last"],
        rows: [["payout-gateway", ...[perSecond, p50Ms, p99Ms, cpuMsPerRequest, median(appliedPerSecond)].map(number)]],
      },
      {
        head: ["the disk alone", "a second"],
        rows: [
          ["4 kB appended and synced, one after the other", number(median(syncs))],
          ["SQLite transactions of one row, `synchronous=FULL`", number(median(commits))],
        ],
      },
    ],
    bounds: [
      {
        what: "webhooks: durable 2xx a second, SQLite with `synchronous=FULL`",
        limit: `at least ${leastPerSecond.toLocaleString("en-US")}`,
        measured: `${number(perSecond)}; the disk alone syncs ${number(median(syncs))} times`,
        isHeld: perSecond >= leastPerSecond,
      },
    ],
  };
}

/** Looks into the gateway's database from outside, as any second process may. */
function openInbox({ databaseFile }: MeasuredGateway) {
  const db = new SqliteDatabase(databaseFile, { readonly: true });
  const stored = db.prepare("select count(*) from inbox").pluck();
  const waiting = db.prepare("select count(*) from inbox where state = 'RECEIVED'").pluck();
  const parked = db.prepare("select count(*) from inbox where state = 'PARKED'").pluck();
  return {
    stored: () => stored.get() as number,
    untilApplied: async () => {
      while ((waiting.get() as number) > 0) await sleep(lookEveryMs);
      if ((parked.get() as number) > 0) throw new Error("A webhook could not be applied.");
    },
    close: () => db.close(),
  };
}

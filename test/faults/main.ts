// npm run faults -- [--schedules N] [--seed N] [--nodes 1|2|both] [--store sqlite|postgres|both] [--parallel N]

import { randomInt } from "node:crypto";
import { parseArgs } from "node:util";
import { NodePool } from "./node-pool.js";
import { planSchedule, type Setup } from "./plan.js";
import { playSchedule } from "./play-schedule.js";
import type { Verdict } from "./schedule.js";
import { postgresPlaces, reasonAgainstServices, Stores } from "./stores.js";
import { nameOf, Tally } from "./tally.js";

const { values } = parseArgs({
  options: {
    schedules: { type: "string" },
    seed: { type: "string" },
    nodes: { type: "string", default: "both" },
    store: { type: "string", default: "both" },
    parallel: { type: "string", default: "6" },
  },
});
const schedules = Number(values.schedules ?? (values.seed === undefined ? 50 : 1));
const firstSeed = values.seed === undefined ? randomInt(1, 1_000_000_000) : Number(values.seed);
const parallel = Number(values.parallel);

/** A seed is always played on the same of them. */
const inTurn: readonly Setup[] = [
  { nodes: 1, store: "sqlite" },
  { nodes: 2, store: "postgres" },
  { nodes: 1, store: "sqlite" },
  { nodes: 2, store: "postgres" },
  { nodes: 1, store: "postgres" },
];
let setups = inTurn.filter(
  ({ nodes, store }) =>
    (values.nodes === "both" || values.nodes === String(nodes)) && (values.store === "both" || values.store === store),
);
if (setups.length === 0) throw new Error("SQLite is for one node.");
const needsServices = setups.some(({ store }) => store === "postgres");
const reason = needsServices ? await reasonAgainstServices() : null;
if (reason !== null) {
  console.log(`PostgreSQL and two nodes are left out: ${reason}.`);
  setups = setups.filter(({ store }) => store === "sqlite");
  if (process.env.REQUIRE_SERVICES === "1" || setups.length === 0) process.exit(1);
}
if (!process.env.FAULTS_DISK_LIBRARY) console.log("Full disks and failing fsync are left out: there is no C compiler.");

const setupNames = [...new Set(setups.map(nameOf))].join(", ");
console.log(`${schedules} schedules from seed ${firstSeed}: ${setupNames}; ${parallel} at a time`);
const places = setups.some(({ store }) => store === "postgres") ? await postgresPlaces() : 0;
const pool = new NodePool(Math.min(parallel, schedules) + 1);
const stores = await Stores.open();
const tally = new Tally();
interface Turn {
  seed: number;
  setup: Setup;
}
const turns = Array.from({ length: schedules }, (_, index): Turn => {
  const seed = firstSeed + index;
  return { seed, setup: setups[seed % setups.length] as Setup };
});
const waiting = {
  postgres: turns.filter(({ setup }) => setup.store === "postgres"),
  sqlite: turns.filter(({ setup }) => setup.store === "sqlite"),
};

/** PostgreSQL has connections for some at a time: the others play what needs none. */
async function playInTurn(_: unknown, index: number): Promise<void> {
  for (;;) {
    const turn = (index < places ? waiting.postgres.shift() : undefined) ?? waiting.sqlite.shift();
    if (!turn) return;
    await play(turn);
  }
}

async function play({ seed, setup }: Turn): Promise<void> {
  const plan = planSchedule(seed, setup);
  const { store, drop } = await stores.create(plan);
  let verdict: Verdict | null = null;
  let violations: string[];
  try {
    verdict = await playSchedule(plan, pool, store);
    violations = verdict.violations;
  } catch (error) {
    violations = [`the schedule broke off: ${error instanceof Error ? (error.stack ?? error.message) : error}`];
  } finally {
    await drop();
  }
  tally.add(setup, verdict, violations.length > 0 ? { seed, violations } : null);
  if (violations.length === 0) return stores.forget(plan);
  console.log(`\nseed ${seed} on ${nameOf(setup)}:`);
  for (const violation of violations) console.log(`  ${violation}`);
  console.log(`  logs: ${stores.folderOf(plan)}`);
  console.log(`  again: npm run faults -- --seed ${seed} --nodes ${setup.nodes} --store ${setup.store}\n`);
}

await Promise.all(Array.from({ length: Math.min(parallel, schedules) }, playInTurn));
await pool.close();
console.log(tally.toText());
if (tally.failed.length === 0) await stores.close();
else process.exitCode = 1;

// npm run faults -- [--schedules N] [--seed N] [--nodes 1|2|both] [--parallel N]

import { randomInt } from "node:crypto";
import { parseArgs } from "node:util";
import { NodePool } from "./node-pool.js";
import { type NodeCount, planSchedule } from "./plan.js";
import { playSchedule, type Verdict } from "./play-schedule.js";
import { reasonAgainstTwoNodes, Stores } from "./stores.js";
import { Tally } from "./tally.js";

const { values } = parseArgs({
  options: {
    schedules: { type: "string" },
    seed: { type: "string" },
    nodes: { type: "string", default: "both" },
    parallel: { type: "string", default: "4" },
  },
});
const schedules = Number(values.schedules ?? (values.seed === undefined ? 50 : 1));
const firstSeed = values.seed === undefined ? randomInt(1, 1_000_000_000) : Number(values.seed);
const parallel = Number(values.parallel);

const wantsTwo = values.nodes !== "1";
const reason = wantsTwo ? await reasonAgainstTwoNodes() : null;
if (reason !== null) {
  console.log(`Two nodes are left out: ${reason}.`);
  if (process.env.REQUIRE_SERVICES === "1" || values.nodes === "2") process.exit(1);
}
const counts: NodeCount[] = [
  ...(values.nodes === "2" ? [] : [1 as const]),
  ...(wantsTwo && !reason ? [2 as const] : []),
];

console.log(`${schedules} schedules from seed ${firstSeed}, ${counts.join(" and ")} node(s), ${parallel} at a time`);
const pool = new NodePool(Math.min(parallel + 1, schedules + 1));
const stores = await Stores.open();
const tally = new Tally();
let next = 0;

async function playInTurn(): Promise<void> {
  while (next < schedules) {
    const index = next;
    next += 1;
    const seed = firstSeed + index;
    // With one seed given, all that was asked for is tried with it; otherwise the kinds take turns.
    const kinds = values.seed !== undefined && schedules === 1 ? counts : [counts[seed % counts.length] as NodeCount];
    for (const nodes of kinds) await play(seed, nodes);
  }
}

async function play(seed: number, nodes: NodeCount): Promise<void> {
  const plan = planSchedule(seed, nodes);
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
  tally.add(nodes, verdict, violations.length > 0 ? seed : null);
  if (violations.length === 0) return stores.forget(plan);
  console.log(`\nseed ${seed} on ${nodes} node(s):`);
  for (const violation of violations) console.log(`  ${violation}`);
  console.log(`  logs: ${stores.folderOf(plan)}`);
  console.log(`  again: npm run faults -- --seed ${seed} --nodes ${nodes}\n`);
}

await Promise.all(Array.from({ length: Math.min(parallel, schedules) }, playInTurn));
await pool.close();
console.log(tally.toText());
if (tally.failedSeeds.length === 0) await stores.close();
else process.exitCode = 1;

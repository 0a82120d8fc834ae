// Runs the scenarios one after the other, and writes what they found.

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Arguments, parseArguments, type ScenarioName, scenarioNames, usage } from "./arguments.js";
import { makeTemplate } from "./gateway/template.js";
import { killAllChildren } from "./machine/children.js";
import { load } from "./report/machine.js";
import { toMarkdownSection, toMarkdownTable } from "./report/markdown.js";
import { readProfiles } from "./report/profile.js";
import { toReport } from "./report/report.js";
import type { Section } from "./report/section.js";
import { cold } from "./scenarios/cold.js";
import { fanout } from "./scenarios/fanout.js";
import { growth } from "./scenarios/growth.js";
import { mutations } from "./scenarios/mutations.js";
import type { Bench, Scenario } from "./scenarios/scenario.js";
import { shared } from "./scenarios/shared.js";
import { startup } from "./scenarios/startup.js";
import { uploads } from "./scenarios/uploads.js";
import { warm } from "./scenarios/warm.js";
import { webhooks } from "./scenarios/webhooks.js";

const scenarios: Record<ScenarioName, Scenario> = {
  warm,
  cold,
  mutations,
  webhooks,
  fanout,
  uploads,
  startup,
  growth,
  shared,
};
const resultsFile = fileURLToPath(new URL("../RESULTS.md", import.meta.url));

async function run(
  { isQuick, scenarios: wanted, profileDirectory, services }: Arguments,
  directory: string,
): Promise<void> {
  const bench: Bench = {
    isQuick,
    rounds: 3,
    secondsOfRound: isQuick ? 0.5 : 3,
    directory,
    template: await makeTemplate(directory),
    profileDirectory,
    services,
    log: (line) => console.log(line),
  };
  const loadBefore = load();
  const sections: Section[] = [];
  for (const name of wanted) {
    bench.log(`\n${name}, load ${load()}`);
    const startedAt = performance.now();
    const section = await scenarios[name](bench);
    sections.push(section);
    bench.log(`\n${toMarkdownSection(section)}\n\n(${Math.round((performance.now() - startedAt) / 1000)} s)`);
  }
  if (profileDirectory !== null) {
    for (const table of await readProfiles(profileDirectory)) bench.log(`\n${toMarkdownTable(table)}`);
    return;
  }
  const leftOut = scenarioNames.filter((name) => !wanted.includes(name));
  const report = await toReport({ bench, sections, leftOut, loadBefore, loadAfter: load() });
  await writeFile(resultsFile, report);
  bench.log("\nWritten to bench/RESULTS.md.");
}

let args: Arguments;
try {
  args = parseArguments(process.argv.slice(2));
} catch (error) {
  console.error(`${(error as Error).message}\n\n${usage}`);
  process.exit(2);
}
const directory = await mkdtemp(join(tmpdir(), "payout-gateway-bench-"));
const cleanUp = async () => {
  killAllChildren();
  await rm(directory, { recursive: true, force: true, maxRetries: 3 });
};
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => {
    console.error(`Ended by ${signal}.`);
    void cleanUp().finally(() => process.exit(1));
  });
}
try {
  await run(args, directory);
} finally {
  await cleanUp();
}

// npm run model -- [--depth N] [--states N] [--account NAME] [--minutes N] [--mistake NAME] [--mistakes]
// npm run model -- --replay N [--seed N] (see run.js)

import { parseArgs } from "node:util";
import { Worker } from "node:worker_threads";
import { accounts } from "./accounts.js";
import type { Exploration } from "./explore.js";
import type { Task } from "./explore-account.js";
import { mistakes } from "./mistakes.js";

const { values } = parseArgs({
  options: {
    depth: { type: "string", default: "40" },
    states: { type: "string", default: "1200000" },
    account: { type: "string" },
    minutes: { type: "string", default: "6" },
    mistake: { type: "string" },
    mistakes: { type: "boolean", default: false },
  },
});

const threads = 2;

async function exploreAll(): Promise<boolean> {
  const mistake = mistakes.find(({ name }) => name === values.mistake) ?? null;
  if (values.mistake !== undefined && !mistake)
    throw new Error(`There is no mistake ${values.mistake}: see --mistakes.`);
  const wanted = values.account ?? mistake?.account;
  const waiting = accounts.filter(({ name }) => wanted === undefined || name === wanted);
  if (waiting.length === 0) throw new Error(`There is no account ${wanted}.`);
  const rounds = Math.ceil(waiting.length / threads);
  const limits = {
    depth: Number(values.depth),
    states: Number(values.states),
    withinMs: (Number(values.minutes) * 60_000) / rounds,
  };
  const startedAt = performance.now();
  const found: Exploration[] = [];
  const next = async (): Promise<void> => {
    for (let account = waiting.shift(); account; account = waiting.shift()) {
      const result = await exploreInThread({ account: account.name, mistake: mistake?.name ?? null, limits });
      console.log(describe(account.title, result));
      found.push(result);
    }
  };
  await Promise.all(Array.from({ length: threads }, next));
  const states = found.reduce((sum, result) => sum + result.states, 0);
  const seconds = (performance.now() - startedAt) / 1000;
  const violations = found.filter(({ violation }) => violation !== null).length;
  const depth = Math.min(...found.map((result) => result.depth));
  console.log(
    `${states} distinct states, depth ${depth} and more, ${seconds.toFixed(0)} s, ` +
      `${Math.round(states / seconds)} states per second, ${violations} violations`,
  );
  return violations === 0;
}

function exploreInThread(task: Task): Promise<Exploration> {
  return new Promise((resolve, reject) => {
    const options = { workerData: task, resourceLimits: { maxOldGenerationSizeMb: 1800 } };
    const worker = new Worker(new URL("./explore-account.js", import.meta.url), options);
    worker.once("message", resolve);
    worker.once("error", reject);
  });
}

function describe(title: string, { account, states, steps, depth, violation }: Exploration): string {
  const counted = `${account} (${title}): ${states} distinct states, ${steps} steps, depth ${depth}`;
  return violation ? `${counted}\n${describeViolation(violation)}` : counted;
}

function describeViolation({ message, history }: { message: string; history: string[] }): string {
  const lines = history.map((sentence, index) => `  ${String(index + 1).padStart(2)}. ${sentence}`);
  return ["", `VIOLATION: ${message}`, "The shortest history:", ...lines, ""].join("\n");
}

if (values.mistakes) {
  for (const { name, title } of mistakes) console.log(`${name.padEnd(32)}${title}`);
} else {
  process.exitCode = (await exploreAll()) ? 0 : 1;
}

// doctor: what keeps the gateway from doing its work, and what to do about it.

import type { Command } from "commander";
import { type Answer, answering } from "./answer.js";
import type { Finding } from "./doctor/finding.js";

export function addDoctor(program: Command): void {
  program
    .command("doctor")
    .description("look for what is wrong with settings, database, Redis, provider and webhooks, and say what to do")
    .action(answering(examine));
}

async function examine(): Promise<Answer> {
  const { runChecks } = await import("./doctor/run-checks.js");
  const findings = await runChecks();
  const faults = findings.filter(({ status }) => status === "fault").length;
  const verdict = faults === 0 ? "Nothing is wrong." : `Faults: ${faults}.`;
  return {
    text: [...findings.map(toLine), "", verdict].join("\n"),
    json: { isHealthy: faults === 0, findings },
    isFault: faults > 0,
  };
}

const widestStatus = "skipped".length;
const widestCheck = "signing-secret".length;

function toLine({ check, status, says, remedy }: Finding): string {
  const indent = " ".repeat(widestStatus + widestCheck + 4);
  const line = `${status.padEnd(widestStatus)}  ${check.padEnd(widestCheck)}  ${says}`;
  return remedy === undefined ? line : `${line}\n${indent}${remedy}`;
}

import { switchedOn } from "../gateway/gateway-settings.js";
import type { Bench } from "../scenarios/scenario.js";
import { describeMachine } from "./machine.js";
import { toBoundsTable, toMarkdownSection, toMarkdownTable } from "./markdown.js";
import type { Section } from "./section.js";

export interface ReportParts {
  bench: Bench;
  sections: readonly Section[];
  leftOut: readonly string[];
  loadBefore: string;
  loadAfter: string;
}

/** The whole of RESULTS.md. */
export async function toReport(parts: ReportParts): Promise<string> {
  const { bench, sections, leftOut, loadBefore, loadAfter } = parts;
  const kind = bench.isQuick
    ? "A quick run (`npm run bench -- --quick`), with short rounds and small numbers"
    : "A whole run";
  const missing = leftOut.length > 0 ? ` Left out: ${leftOut.join(", ")}.` : "";
  const facts = [
    `${kind}: medians of ${bench.rounds} interleaved rounds of about ${bench.secondsOfRound} s each.${missing}`,
    ...(await describeMachine(bench.directory)),
    `Load average of the machine: ${loadBefore} at the start, ${loadAfter} at the end, the bench's own work included.`,
    ...switchedOn,
  ];
  const bounds = sections.flatMap((section) => section.bounds);
  const parted = [
    "# Results",
    "Written by `npm run bench`; [README.md](README.md) says what is measured, and how.",
    facts.map((fact) => `- ${fact}`).join("\n"),
    "## What has to hold",
    toMarkdownTable(toBoundsTable(bounds)),
    ...sections.map(toMarkdownSection),
  ];
  return `${parted.join("\n\n")}\n`;
}

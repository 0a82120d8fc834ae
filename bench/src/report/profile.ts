// Where the time goes: the functions of a V8 processor profile with the most time of their own.

import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { number } from "./format.js";
import type { Table } from "./section.js";

interface CpuProfile {
  nodes: { id: number; callFrame: { functionName: string; url: string; lineNumber: number } }[];
  samples: number[];
  /** Microseconds before each sample. */
  timeDeltas: number[];
}

const shownRows = 10;
const waiting = new Set(["(idle)", "(program)", "(root)"]);

/** A table for each profile of the folder: a gateway writes its own when it ends. */
export async function readProfiles(directory: string): Promise<Table[]> {
  const files = (await readdir(directory)).filter((file) => file.endsWith(".cpuprofile")).sort();
  return Promise.all(
    files.map(async (file) => toTable(file, JSON.parse(await readFile(join(directory, file), "utf8")) as CpuProfile)),
  );
}

export function toTable(file: string, { nodes, samples, timeDeltas }: CpuProfile): Table {
  const frames = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]));
  const spent = new Map<string, number>();
  let total = 0;
  for (const [index, id] of samples.entries()) {
    const frame = frames.get(id);
    if (!frame || waiting.has(frame.functionName)) continue;
    const micros = timeDeltas[index] ?? 0;
    const place = `${frame.functionName || "(anonymous)"} ${shortened(frame.url)}`.trim();
    spent.set(place, (spent.get(place) ?? 0) + micros);
    total += micros;
  }
  const rows = [...spent].sort(([, a], [, b]) => b - a).slice(0, shownRows);
  return {
    head: [`${file}: ${number(total / 1e6)} s`, "own time"],
    rows: rows.map(([place, micros]) => [place, `${number((micros / total) * 100)} %`]),
  };
}

/** From the package on, or for the product's own from its folder on. */
function shortened(url: string): string {
  return url.includes("/node_modules/") ? url.replace(/^.*\/node_modules\//, "") : url.replace(/^.*\/dist\//, "");
}

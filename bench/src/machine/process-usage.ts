// What the operating system counts for a process, all of its threads together.

import { readFileSync, writeFileSync } from "node:fs";

// Linux counts in ticks of ten milliseconds, whatever its own clock does.
const msPerTick = 10;
const clearPeak = "5";

/** Time on a processor since its start, in user and in system mode. */
export function cpuMsOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  // The name in front is in brackets and may hold anything.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * msPerTick;
}

export function residentBytesOf(pid: number): number {
  return statusOf(pid, "VmRSS");
}

/** The most that was resident since `forgetPeak`. */
export function peakResidentBytesOf(pid: number): number {
  return statusOf(pid, "VmHWM");
}

export function forgetPeak(pid: number): void {
  writeFileSync(`/proc/${pid}/clear_refs`, clearPeak);
}

function statusOf(pid: number, name: string): number {
  const found = new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(readFileSync(`/proc/${pid}/status`, "utf8"));
  if (!found) throw new Error(`The system does not tell ${name} of a process.`);
  return Number(found[1]) * 1024;
}

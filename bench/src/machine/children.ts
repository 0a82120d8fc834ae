// Every process that the bench starts, so that none outlives it.

import type { ChildProcess } from "node:child_process";
import { once } from "node:events";

const running = new Set<ChildProcess>();
const usualPatienceMs = 15_000;

export function keepTrackOf(child: ChildProcess): void {
  running.add(child);
  child.once("exit", () => running.delete(child));
}

/** Asks it to stop and waits; kills it where it does not end in time. */
export async function stopChild(child: ChildProcess, patienceMs = usualPatienceMs): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.kill("SIGTERM");
  const deadline = setTimeout(() => child.kill("SIGKILL"), patienceMs);
  await ended;
  clearTimeout(deadline);
}

export function killAllChildren(): void {
  for (const child of running) child.kill("SIGKILL");
}

// What happens to nodes, clocks and databases, beside the endings of nodes.

import type { Setup } from "./plan.js";
import type { Random } from "./random.js";

/** The node stands still (SIGSTOP) for longer than a lease lasts. */
export interface Pause {
  atMs: number;
  node: number;
  forMs: number;
}

/** The wall clock of a node is set to be so far from the true one. */
export interface ClockStep {
  atMs: number;
  node: number;
  shiftMs: number;
}

export type DatabaseTrouble =
  /** Nothing gets through, and nobody is told. */
  | "database silent"
  /** Every connection breaks, and new ones are refused. */
  | "database away"
  | "database sessions killed"
  | "database read-only"
  | "disk full"
  | "fsync fails";

export interface DatabaseFault {
  atMs: number;
  forMs: number;
  trouble: DatabaseTrouble;
}

export interface Disturbances {
  pauses: Pause[];
  /** Of each node, at its start. */
  clockShiftsMs: number[];
  clockSteps: ClockStep[];
  databaseFaults: DatabaseFault[];
}

const hourMs = 3_600_000;
// The file of one node is judged by its own clock: further off, it takes no webhook.
const toleratedMs = 240_000;

export function drawDisturbances(random: Random, activeMs: number, { nodes, store }: Setup): Disturbances {
  const hasClocks = random.chance(0.25);
  const reachMs = store === "postgres" ? hourMs : toleratedMs;
  const shift = () => (hasClocks ? random.between(-reachMs, reachMs) : 0);
  const clockShiftsMs = Array.from({ length: nodes }, shift);
  const steps = hasClocks ? random.between(0, 2) : 0;
  return {
    pauses: random.chance(0.08) ? [drawPause(random, activeMs, nodes)] : [],
    clockShiftsMs,
    clockSteps: Array.from({ length: steps }, () => ({
      atMs: random.between(0, activeMs),
      node: random.between(0, nodes - 1),
      shiftMs: shift(),
    })),
    databaseFaults: random.chance(0.25) ? [drawDatabaseFault(random, activeMs, store)] : [],
  };
}

function drawPause(random: Random, activeMs: number, nodes: number): Pause {
  return {
    atMs: random.between(0, activeMs),
    node: random.between(0, nodes - 1),
    // Leases last six seconds.
    forMs: random.between(6_500, 8_000),
  };
}

function drawDatabaseFault(random: Random, activeMs: number, store: Setup["store"]): DatabaseFault {
  const trouble: DatabaseTrouble =
    store === "sqlite"
      ? random.pick(["disk full", "fsync fails"])
      : random.pick(["database silent", "database away", "database sessions killed", "database read-only"]);
  return { atMs: random.between(0, activeMs), forMs: random.between(300, 2_500), trouble };
}

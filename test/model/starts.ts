// Where the exploration begins: with the intent just recorded, and in later situations that a history from there reaches.
// All of them together reach deeper than the first alone.

import { encodeWorld } from "./encode-world.js";
import type { Setting } from "./node-steps.js";
import { firstWorld, type World } from "./world.js";
import { eachStep } from "./world-steps.js";

export type History = readonly string[];

const permitted = ["node A asks for permission to send: granted", "node A sends POST /payout"];
const claimed = "node A claims the intent to send it";
const time = "time passes";
const nothing = "no response, or one that proves nothing";
const absent = "the provider's own 404";

const lost = [...permitted, "node A stops waiting for the response", `node A records the answer: ${nothing}`];
const lookedUp = [`node A looks the payout up by its reference: ${absent}`, `node A records the answer: ${absent}`];
const provenAbsent = [...lost, ...lookedUp, time, ...lookedUp, claimed];

function answered(what: string): History {
  return [
    `the provider does not accept node A's request; the node receives: ${what}`,
    `node A records the answer: ${what}`,
  ];
}

const rejected = answered("400 or 422 in the provider's own JSON");
const rateLimited = answered("429 in the provider's own JSON");
const delayed = [...permitted, ...rateLimited, time, time, time, time];

export const starts: readonly History[] = [
  [],
  lost,
  provenAbsent,
  [...provenAbsent, ...permitted, ...rejected],
  [...provenAbsent, ...permitted, ...rateLimited, time],
  [...delayed, claimed, ...lost],
  [...delayed, time, claimed, ...lost],
  [...delayed, claimed, ...provenAbsent],
  [...delayed, claimed, ...provenAbsent, ...permitted, ...rateLimited],
];

export interface Walk {
  world: World;
  /** How far the history could be followed: an account or a mistake may not allow all of it. */
  isWhole: boolean;
}

export function walk(setting: Setting, history: History): Walk {
  let world = firstWorld(setting.account.isLearned);
  for (const step of history) {
    let found: World | null = null;
    eachStep(setting, world, (sentence, next) => {
      if (found === null && sentence === step) found = next;
    });
    if (found === null) return { world, isWhole: false };
    world = found;
  }
  return { world, isWhole: true };
}

/** Walks a path of states without exchanging the nodes, so that each keeps its name. */
export function toHistory(setting: Setting, first: World, path: readonly string[]): string[] {
  const sentences: string[] = [];
  let world = first;
  for (const key of path) {
    let found: { sentence: string; next: World } | null = null;
    eachStep(setting, world, (sentence, next) => {
      if (found === null && encodeWorld(next) === key) found = { sentence, next };
    });
    const { sentence, next } = found as unknown as { sentence: string; next: World };
    sentences.push(sentence);
    world = next;
  }
  return sentences;
}

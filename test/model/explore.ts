// Breadth first over all states, each once, to a depth. The first violation that is found has the shortest history.

import type { Account } from "./accounts.js";
import { checkStep, checkWorld } from "./check-step.js";
import { decodeWorld, encodeWorld } from "./encode-world.js";
import { ExitFinder } from "./find-exit.js";
import type { Machine } from "./machine.js";
import type { Setting } from "./node-steps.js";
import { type History, starts, toHistory, walk } from "./starts.js";
import { eachStep } from "./world-steps.js";

export interface Limits {
  depth: number;
  states: number;
  /** `performance.now()` at which it stops where it is. */
  endAt: number;
}

export interface Violation {
  message: string;
  history: string[];
}

export interface Exploration {
  account: string;
  states: number;
  steps: number;
  /** How many steps from a start were explored wholly. */
  depth: number;
  violation: Violation | null;
}

interface Broken {
  message: string;
  parent: number;
  key: string;
}

const noParent = -1;

class Explorer {
  readonly #setting: Setting;
  readonly #exits: ExitFinder;
  readonly #seen = new Set<string>();
  readonly #keys: string[] = [];
  readonly #roots: History[] = [];
  #parents = new Int32Array(1 << 16);
  #steps = 0;
  #depth = 0;
  #broken: Broken | null = null;

  constructor(setting: Setting) {
    this.#setting = setting;
    this.#exits = new ExitFinder(setting);
  }

  run(roots: readonly History[], { depth, states, endAt }: Limits): void {
    for (const root of roots) {
      const { world, isWhole } = walk(this.#setting, root);
      const key = encodeWorld(world);
      if (isWhole && !this.#seen.has(key)) {
        this.#roots.push(root);
        this.#add(key, noParent);
      }
    }
    let levelEnd = this.#keys.length;
    for (let index = 0; index < this.#keys.length && !this.#broken; index += 1) {
      if (index === levelEnd) {
        this.#depth += 1;
        levelEnd = this.#keys.length;
      }
      const isOver = index % 1024 === 0 && performance.now() > endAt;
      if (this.#depth >= depth || this.#keys.length >= states || isOver) return;
      this.#expand(index);
    }
  }

  #expand(index: number): void {
    const before = decodeWorld(this.#keys[index] as string);
    eachStep(this.#setting, before, (sentence, after) => {
      if (this.#broken) return;
      this.#steps += 1;
      const key = encodeWorld(after);
      let message = checkStep(this.#setting, before, after, sentence);
      if (!this.#seen.has(key)) {
        message ??= checkWorld(this.#setting, after) ?? this.#exits.check(after);
        this.#add(key, index);
      }
      if (message) this.#broken = { message, parent: index, key };
    });
  }

  #add(key: string, parent: number): void {
    if (this.#keys.length === this.#parents.length) {
      const longer = new Int32Array(this.#parents.length * 2);
      longer.set(this.#parents);
      this.#parents = longer;
    }
    this.#parents[this.#keys.length] = parent;
    this.#seen.add(key);
    this.#keys.push(key);
  }

  result(): Exploration {
    return {
      account: this.#setting.account.name,
      states: this.#keys.length,
      steps: this.#steps,
      depth: this.#depth,
      violation: this.#broken && { message: this.#broken.message, history: this.#historyOf(this.#broken) },
    };
  }

  #historyOf({ parent, key }: Broken): string[] {
    const path = [key];
    let index = parent;
    for (; this.#parents[index] !== noParent; index = this.#parents[index] as number) {
      path.unshift(this.#keys[index] as string);
    }
    const root = this.#roots[index] as History;
    return [...root, ...toHistory(this.#setting, walk(this.#setting, root).world, path)];
  }
}

export function explore(machine: Machine, account: Account, limits: Limits, roots = starts): Exploration {
  const explorer = new Explorer({ machine, account });
  explorer.run(roots, limits);
  return explorer.result();
}

// Whether a state has an exit: without further faults the payout ends as the provider has it, or waits for an operator only.

import { isOpen } from "../../src/domain/payout-life.js";
import { isEndedByGateway } from "../../src/domain/payout-status.js";
import { encodeWorld } from "./encode-world.js";
import { lookUpAnswers, nodeSteps, type Setting } from "./node-steps.js";
import { applyReporter, applyWebhook, recordAnswer, resolve, withNode } from "./transitions.js";
import { idle, type LookUpAnswer, type World, wordOf } from "./world.js";
import { isMatched, tick } from "./world-steps.js";

const longestRounds = 24;

export class ExitFinder {
  readonly #setting: Setting;
  readonly #known = new Map<string, string | null>();

  constructor(setting: Setting) {
    this.#setting = setting;
  }

  /** The worst that can happen first: both nodes crash, every request under way is lost, and nobody repeats the key. */
  check(world: World): string | null {
    const start = stopped(world);
    const key = encodeWorld(start);
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const found = this.#settle(start);
    this.#known.set(key, found);
    return found;
  }

  #settle(start: World): string | null {
    const { machine, account } = this.#setting;
    // A restored backup may give a key free that was sent: then the key is repeated.
    let world = this.#work(this.#first(start, /repeats the released key/) ?? start);
    if (agrees(world)) return null;
    if (world.payments > 0 && isMatched(account.hasReferences, world)) {
      world = applyWebhook(machine, world, wordOf(world.payment)) ?? world;
      world = this.#work(applyReporter(machine, world));
      if (agrees(world)) return null;
    }
    const { status } = world.life;
    const canResolve = status === "UNCONFIRMED" || status === "SUBMITTING" || world.isDecided;
    if (canResolve) world = resolve(machine, world, world.payments > 0) ?? world;
    if (agrees(world)) return null;
    const provider = world.payments > 0 ? `has it as ${world.payment}` : "does not have it";
    return `No exit: the payout stays ${world.life.status} (intent ${world.life.intent}), and the provider ${provider}.`;
  }

  /** One node that nothing disturbs, until it has nothing left to do. */
  #work(start: World): World {
    let world = start;
    for (let round = 0; round < longestRounds && isOpen(world.life); round += 1) {
      while (world.leaseLeft > 0) world = tick(this.#setting, world);
      world = this.#turn(world);
      world = stopped(tick(this.#setting, world));
    }
    return world;
  }

  #turn(world: World): World {
    const { machine, account } = this.#setting;
    if (world.life.intent === "UNCONFIRMED") {
      const answer = lookUpAnswers(account, world)[0] as LookUpAnswer;
      const looked = { ...idle, place: "LOOKED_UP" as const, answer };
      const asked: World = { ...world, holder: 1, nodes: withNode(world, 0, looked) };
      return recordAnswer(machine, asked, 0, looked);
    }
    const claimed = this.#first(world, /claims|takes over/);
    if (claimed?.life.intent !== "OPEN") return claimed ?? world;
    const permitted = this.#first({ ...claimed, permissions: 0 }, /permission/);
    if (permitted?.nodes[0].place !== "PERMITTED") return permitted ?? world;
    return this.#send({ ...permitted, permissions: world.permissions });
  }

  /** The provider accepts it, or rejects it as a duplicate. */
  #send(world: World): World {
    const isDuplicate = world.payments > 0;
    const answer = isDuplicate ? "CONFLICT" : "ACCEPTED";
    const responded = { ...idle, place: "RESPONDED" as const, answer } as const;
    const nodes = withNode(world, 0, responded);
    const sent: World = isDuplicate ? { ...world, nodes } : { ...world, nodes, payments: 1, paymentAt: 0 };
    return recordAnswer(this.#setting.machine, sent, 0, responded);
  }

  #first(world: World, wanted: RegExp): World | null {
    let found: World | null = null;
    nodeSteps(this.#setting, world, 0, (sentence, next) => {
      if (found === null && wanted.test(sentence)) found = next;
    });
    return found;
  }
}

/** The result of the exit must be what the provider has, and nothing is left to do. */
function agrees({ life, payments, payment }: World): boolean {
  if (isOpen(life)) return false;
  return payments > 0 ? life.status === wordOf(payment) && life.transactionId !== null : isEndedByGateway(life);
}

function stopped(world: World): World {
  const { isTold: _told, ...rest } = world;
  return {
    ...rest,
    isTold: true,
    isPromised: false,
    holder: 0,
    nodes: [idle, idle],
    orphans: [],
    reporter: null,
    permissions: 0,
    hasLied: false,
    skew: 0,
  };
}

// Every history of one createCustomer command up to a bounded number of faults: two nodes, a provider that accepts or not,
// responds or not and lists late, crashes, and leases that run out. Breadth first, each state once.

import {
  type CreationEffect,
  type CreationEvent,
  type CreationStep,
  type CustomerCreation,
  isEnded,
  newCreation,
  stepCreation,
} from "../../src/domain/customer-creation.js";

const rules = { absenceGapMs: 2, leaseMs: 2 };
// One tick less than the gap: the provider lists a customer before an absence can be proven.
const listingDelays = [0, 1];
// No wait is longer with so few sendings.
const longestWait = 8;

interface Node {
  /** The fence of its turn; 0 where it has none. */
  fence: number;
  doing: "NOTHING" | "LOOK_UP" | "SEND" | "WAIT_FOR_RESPONSE";
  askedAtMs: number;
  /** Of the look-up under way: what the provider had listed when it looked. */
  found: string | null;
  hasLooked: boolean;
  /** The response that is on its way to it. */
  response: "ACCEPTED" | "DUPLICATE" | "INVALID" | "NOT_DONE" | "UNKNOWN" | null;
  customerId: string | null;
}

export interface World {
  now: number;
  intent: CustomerCreation;
  nodes: [Node, Node];
  customers: { id: string; listedAt: number }[];
  /** Events that may still happen: bounds the depth. */
  faultsLeft: number;
  duplicates: number;
}

export type Machine = typeof stepCreation;

export interface Exploration {
  states: number;
  depth: number;
  violation: { what: string; history: string[] } | null;
}

const idle: Node = {
  fence: 0,
  doing: "NOTHING",
  askedAtMs: 0,
  found: null,
  hasLooked: false,
  response: null,
  customerId: null,
};

export function explore(machine: Machine, faults: number): Exploration {
  const start: World = {
    now: 1,
    intent: newCreation(1),
    nodes: [idle, idle],
    customers: [],
    faultsLeft: faults,
    duplicates: 0,
  };
  const numbers = new Map([[keyOf(start), 0]]);
  const found: Found[] = [{ parent: 0, label: "start", from: [], isEnd: false }];
  let level: [number, World][] = [[0, start]];
  let depth = 0;
  while (level.length > 0) {
    const next: [number, World][] = [];
    for (const [number, world] of level) {
      const what = faultOf(world);
      if (what) return { states: found.length, depth, violation: { what, history: historyOf(found, number) } };
      for (const [label, to] of movesOf(machine, world)) {
        const key = keyOf(to);
        let toNumber = numbers.get(key);
        if (toNumber === undefined) {
          toNumber = found.length;
          numbers.set(key, toNumber);
          found.push({ parent: number, label, from: [], isEnd: isEnded(to.intent) });
          next.push([toNumber, to]);
        }
        found[toNumber]?.from.push(number);
      }
    }
    level = next;
    depth += 1;
  }
  return { states: found.length, depth, violation: deadEnd(found) };
}

interface Found {
  parent: number;
  label: string;
  from: number[];
  isEnd: boolean;
}

/** A state from which no way leads to an end, whatever happens. */
function deadEnd(found: Found[]): Exploration["violation"] {
  const leading = new Set(found.flatMap(({ isEnd }, number) => (isEnd ? [number] : [])));
  for (const number of leading) for (const before of found[number]?.from ?? []) leading.add(before);
  const stuck = found.findIndex((_, number) => !leading.has(number));
  return stuck < 0 ? null : { what: "no way to an end", history: historyOf(found, stuck) };
}

/** The same for worlds that differ only in what nothing depends on: the time as such, and how often the intent was taken. */
function keyOf({ now, intent, nodes, customers, faultsLeft, duplicates }: World): string {
  const ahead = (time: number) => Math.max(0, time - now);
  const behind = (time: number | null) => time !== null && Math.min(now - time, longestWait);
  return JSON.stringify([
    intent.stage,
    ahead(intent.leaseUntilMs),
    ahead(intent.dueAtMs),
    intent.sendings,
    intent.sentAtMs !== null,
    behind(intent.absentSinceMs),
    intent.failures,
    intent.rejection,
    intent.customerId,
    nodes
      .map(({ fence, askedAtMs, doing, found, hasLooked, response, customerId }) =>
        doing === "NOTHING"
          ? ""
          : [fence === intent.fence, doing, behind(askedAtMs), found, hasLooked, response, customerId].join(),
      )
      // The nodes are alike.
      .sort(),
    customers.map(({ id, listedAt }) => [id, ahead(listedAt)]),
    faultsLeft,
    duplicates,
  ]);
}

function historyOf(found: readonly Found[], last: number): string[] {
  const { parent, label } = found[last] as Found;
  return last === 0 ? [] : [...historyOf(found, parent), label];
}

function faultOf({ intent, customers, nodes }: World): string | null {
  if (customers.length > 1) return "two customers for one key";
  const [customer] = customers;
  if (!customer) return null;
  if (intent.stage === "REJECTED" || intent.stage === "RELEASED") {
    // The response that says so may still be on its way.
    const isComing = nodes.some(({ response }) => response === "ACCEPTED");
    return isComing ? null : `${intent.stage} while the provider has the customer`;
  }
  return intent.stage === "DONE" && intent.customerId !== customer.id ? "another customer" : null;
}

type Move = [label: string, world: World];

function* movesOf(machine: Machine, world: World): Generator<Move> {
  const isQuiet = world.nodes.every(({ doing }) => doing === "NOTHING");
  if (isEnded(world.intent) && isQuiet) return;
  yield ["a tick passes", { ...world, now: world.now + 1 }];
  for (const index of [0, 1] as const) {
    for (const [label, next] of nodeMoves(machine, world, index)) yield [`node ${index + 1}: ${label}`, next];
  }
}

function* nodeMoves(machine: Machine, world: World, index: 0 | 1): Generator<Move> {
  const node = world.nodes[index];
  const { intent, now, faultsLeft } = world;
  if (node.doing === "NOTHING") {
    if (isEnded(intent) || now < intent.dueAtMs || now < intent.leaseUntilMs) return;
    yield ["takes the intent", feed(machine, world, index, { kind: "CLAIMED" }, intent.fence + 1)];
    return;
  }
  if (faultsLeft > 0) yield ["dies", withNode({ ...world, faultsLeft: faultsLeft - 1 }, index, idle)];
  if (intent.fence === node.fence && !isEnded(intent) && intent.leaseUntilMs - now === 1) {
    yield ["renews its lease", feed(machine, world, index, { kind: "RENEWED", fence: node.fence })];
  }
  if (node.doing === "LOOK_UP") yield* lookUpMoves(machine, world, index);
  if (node.doing === "SEND") yield* sendMoves(machine, world, index);
  if (node.doing === "WAIT_FOR_RESPONSE") yield ["reads the response", respond(machine, world, index)];
}

function* lookUpMoves(machine: Machine, world: World, index: 0 | 1): Generator<Move> {
  const node = world.nodes[index];
  const { fence, askedAtMs } = node;
  if (!node.hasLooked) {
    const listed = world.customers.find(({ listedAt }) => listedAt <= world.now);
    yield ["the provider looks", withNode(world, index, { ...node, hasLooked: true, found: listed?.id ?? null })];
    if (world.faultsLeft > 0) {
      const poorer = { ...world, faultsLeft: world.faultsLeft - 1 };
      yield ["the look-up fails", feed(machine, poorer, index, { kind: "NOT_ANSWERED", fence })];
    }
    return;
  }
  const event: CreationEvent = node.found
    ? { kind: "FOUND", customerId: node.found }
    : { kind: "ABSENT", fence, askedAtMs };
  yield [event.kind === "FOUND" ? "found it" : "found nothing", feed(machine, world, index, event)];
}

function* sendMoves(machine: Machine, world: World, index: 0 | 1): Generator<Move> {
  const node = world.nodes[index];
  const { fence } = node;
  if (world.faultsLeft > 0) {
    const poorer = { ...world, faultsLeft: world.faultsLeft - 1 };
    yield ["no byte leaves", feed(machine, poorer, index, { kind: "UNSENT", fence })];
  }
  const { state, effects } = machine(world.intent, { kind: "PERMISSION_ASKED", fence }, world.now, rules);
  if (!effects.some(({ kind }) => kind === "WRITE_REQUEST")) {
    yield ["may not send", withNode(world, index, idle)];
    return;
  }
  const sent = { ...world, intent: state };
  const waiting = { ...node, doing: "WAIT_FOR_RESPONSE" as const };
  const receive = (response: Node["response"], isAccepted: boolean, delay: number, to: World) => {
    const id = `c${world.customers.length + 1}`;
    const customers = isAccepted ? [...to.customers, { id, listedAt: to.now + delay }] : to.customers;
    return withNode({ ...to, customers }, index, { ...waiting, response, customerId: isAccepted ? id : null });
  };
  yield ["sends, is accepted", receive("ACCEPTED", true, 0, sent)];
  // The provider knows what it has, whether or not it lists it yet.
  if (world.customers.length > 0) yield ["sends, is a duplicate", receive("DUPLICATE", false, 0, sent)];
  if (world.faultsLeft === 0) return;
  const poorer = { ...sent, faultsLeft: world.faultsLeft - 1 };
  for (const delay of listingDelays) {
    yield [`sends, is accepted and listed ${delay} later, no response`, receive("UNKNOWN", true, delay, poorer)];
    yield [`sends, is accepted and listed ${delay} later, "exists"`, receive("DUPLICATE", true, delay, poorer)];
  }
  yield ["sends, is lost", receive("UNKNOWN", false, 0, poorer)];
  yield ["sends, is invalid", receive("INVALID", false, 0, poorer)];
  yield ["sends, is forbidden", receive("NOT_DONE", false, 0, poorer)];
}

function respond(machine: Machine, world: World, index: 0 | 1): World {
  const { response, fence, customerId } = world.nodes[index];
  switch (response) {
    case "ACCEPTED":
      return feed(machine, world, index, { kind: "ACCEPTED", customerId: customerId as string });
    case "DUPLICATE":
    case "INVALID": {
      const isDuplicate = response === "DUPLICATE";
      return feed(machine, world, index, { kind: "REJECTED", fence, rejection: response, isDuplicate });
    }
    case "NOT_DONE":
      return feed(machine, world, index, { kind: "NOT_DONE", fence });
    default:
      return feed(machine, world, index, { kind: "UNKNOWN", fence });
  }
}

function feed(machine: Machine, world: World, index: 0 | 1, event: CreationEvent, claimed?: number): World {
  const { state, effects } = machine(world.intent, event, world.now, rules);
  const node = world.nodes[index];
  if (event.kind === "RENEWED") return { ...world, intent: state };
  const fence = claimed ?? node.fence;
  const next = { ...world, intent: state, duplicates: world.duplicates + countDuplicates(effects) };
  return withNode(next, index, nodeAfter(fence, { state, effects }, world.now));
}

function nodeAfter(fence: number, { effects }: CreationStep, now: number): Node {
  const [effect] = effects;
  if (effect?.kind === "LOOK_UP") return { ...idle, fence, doing: "LOOK_UP", askedAtMs: now };
  return effect?.kind === "SEND" ? { ...idle, fence, doing: "SEND" } : idle;
}

function countDuplicates(effects: readonly CreationEffect[]): number {
  return effects.filter(({ kind }) => kind === "REPORT_DUPLICATE").length;
}

function withNode(world: World, index: 0 | 1, node: Node): World {
  const nodes: World["nodes"] = [...world.nodes];
  nodes[index] = node;
  return { ...world, nodes };
}

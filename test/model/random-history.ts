// A random history that the real gateway can be led through: the world chooses, and the nodes do at once what they do next.

import { isOpen } from "../../src/domain/payout-life.js";
import { accounts, rules } from "./accounts.js";
import { product } from "./machine.js";
import type { Setting } from "./node-steps.js";
import { firstWorld, type World } from "./world.js";
import { eachStep } from "./world-steps.js";

export interface HistoryStep {
  sentence: string;
  before: World;
  after: World;
}

interface Candidate {
  sentence: string;
  next: World;
}

const longest = 28;
// Each of these costs seconds on the real gateway: a wait, or a lease that has to run out.
const slow =
  /^(?!.*records).*(crashes|stops waiting|rate limit|429|403|not answered|unknown type|another amount or recipient)/;
const mostSlow = 3;

/** A look-up that finds nothing: it goes on until absence is proven. */
export const absent = /looks the payout up .* own 404/;
const permission = /permission to send: granted/;
const around = /nobody waits for|the provider (moves|lists)|a webhook reports|an operator decides/;

/** Neighbouring seeds begin with different outcomes of the first sending. */
export function randomHistory(accountName: string, seed: number, random: () => number): HistoryStep[] {
  const account = accounts.find(({ name }) => name === accountName);
  if (!account) throw new Error(`There is no account ${accountName}.`);
  const setting: Setting = { machine: product, account };
  const history: HistoryStep[] = [];
  let world = firstWorld(account.isLearned);
  let slowLeft = mostSlow;
  const take = ({ sentence, next }: Candidate) => {
    if (slow.test(sentence)) slowLeft -= 1;
    history.push({ sentence, before: world, after: next });
    world = next;
  };
  const wanted = 8 + Math.floor(random() * (longest - 8));
  // It ends where the gateway is at rest.
  while (history.length < wanted || !isAtRest(world)) {
    const candidates = possible(setting, world).filter(({ sentence }) => slowLeft > 0 || !slow.test(sentence));
    const isFirst = world.permissions === 1 && history.at(-1)?.sentence.includes("sends POST");
    const chosen = isFirst ? candidates[seed % candidates.length] : draw(candidates, random);
    if (!chosen) break;
    if (!absent.test(chosen.sentence)) {
      take(chosen);
      continue;
    }
    const proof = absenceFrom(setting, world);
    if (proof) for (const step of proof) take(step);
    else if (candidates.every(({ sentence }) => absent.test(sentence))) break;
  }
  return history;
}

/** A look-up is as likely as everything else together: there are many webhooks. */
function draw(candidates: readonly Candidate[], random: () => number): Candidate | undefined {
  const lookUps = candidates.filter(({ sentence }) => sentence.includes("looks the payout up"));
  const drawn = lookUps.length > 0 && random() < 0.5 ? lookUps : candidates;
  return drawn[Math.floor(random() * drawn.length)];
}

export function isAtRest({ nodes, reporter }: World): boolean {
  return reporter === null && nodes.every(({ place }) => place === "IDLE" || place === "SENT");
}

/** What can happen next, where every node does without delay what it does next. */
function possible(setting: Setting, world: World): Candidate[] {
  const all = allSteps(setting, world);
  const those = (pattern: RegExp) => all.filter(({ sentence }) => pattern.test(sentence));
  const places = world.nodes.map(({ place }) => place);
  if (world.reporter !== null) return those(/look-up by transaction brings/);
  if (places.includes("RESPONDED")) return those(/records the answer/);
  if (places.includes("LOOKED_UP")) return those(/records the answer|a webhook reports/);
  if (places.includes("CLAIMED")) return those(permission);
  if (places.includes("PERMITTED")) return those(/sends POST/);
  if (places.includes("SENT")) return those(/the provider (accepts|does not accept) node|stops waiting|crashes/);
  if (world.leaseLeft > 0) return those(/time passes/);
  const { intent } = world.life;
  if (intent === "OPEN") return world.permissions < rules.maxPermissions ? those(/node A claims/) : [];
  if (intent === "SENDING") return those(/node A takes over/);
  if (intent === "UNCONFIRMED") return [...those(/node A looks the payout up/), ...those(around)];
  return those(around);
}

/** Looks the payout up until its absence is proven. Null where the provider will list it before. */
function absenceFrom(setting: Setting, start: World): Candidate[] | null {
  const path: Candidate[] = [];
  let world = start;
  const take = (pattern: RegExp): boolean => {
    const found = allSteps(setting, world).find(({ sentence }) => pattern.test(sentence));
    if (!found) return false;
    path.push(found);
    world = found.next;
    return true;
  };
  for (let round = 0; round < 8; round += 1) {
    if (!take(/node A looks the payout up .* own 404/) || !take(/node A records the answer/)) return null;
    if (world.life.intent !== "UNCONFIRMED" || !isOpen(world.life)) return path;
    take(/time passes/);
  }
  return null;
}

function allSteps(setting: Setting, world: World): Candidate[] {
  const all: Candidate[] = [];
  // The time to send in is a day: no replay is so long.
  const fresh = { ...world, life: { ...world.life, submittedAtMs: 0 } };
  eachStep(setting, fresh, (sentence, next) => all.push({ sentence, next }));
  return all;
}

// What a node does next: claim, ask for permission, send, look up, record, crash.

import type { PayoutEvent } from "../../src/domain/payout-life.js";
import { type Account, payoutRules, rules } from "./accounts.js";
import type { Machine } from "./machine.js";
import { abandon, type NodeIndex, record, recordAnswer, withNode } from "./transitions.js";
import {
  type Answer,
  type Found,
  idle,
  type LookUpAnswer,
  type NodeState,
  newLife,
  type World,
  wordOf,
} from "./world.js";

/** Takes a step that can be taken, with its sentence for the history. */
export type Emit = (sentence: string, next: World) => void;

export interface Setting {
  machine: Machine;
  account: Account;
}

export function nodeSteps(setting: Setting, world: World, node: NodeIndex, emit: Emit): void {
  const state = world.nodes[node];
  const say = sentences[node];
  switch (state.place) {
    case "IDLE":
      idleSteps(setting, world, node, emit);
      return;
    case "CLAIMED":
      askPermission(setting, world, node, emit);
      release(setting, world, node, emit);
      // No token or no connection, or the rate limit: it does not come to the permission.
      emit(say.unready, { ...world, nodes: withNode(world, node, responded("NOT_SENT")) });
      emit(say.limited, { ...world, nodes: withNode(world, node, responded("RATE_LIMITED")) });
      break;
    case "PERMITTED": {
      const sent: NodeState = { place: "SENT", answer: "NONE", sinceAt: 0, isDelayed: state.sinceAt < 0 };
      emit(say.send, { ...world, nodes: withNode(world, node, sent) });
      emit(say.notSent, { ...world, nodes: withNode(world, node, responded("NOT_SENT")) });
      break;
    }
    case "SENT": {
      const orphaned = { ...world, orphans: [...world.orphans, { leftAt: state.sinceAt, isDelayed: state.isDelayed }] };
      emit(say.timeout, { ...orphaned, nodes: withNode(world, node, responded("UNKNOWN")) });
      emit(say.crash, abandon(orphaned, node));
      break;
    }
    case "RESPONDED":
    case "LOOKED_UP":
      emit(say.record[state.answer] as string, recordAnswer(setting.machine, world, node, state));
      break;
  }
  if (state.place !== "SENT") emit(say.crash, abandon(world, node));
  const isRenewable = world.holder === node + 1 && world.leaseLeft > 0 && world.leaseLeft < rules.leaseTicks;
  if (isRenewable) emit(say.renew, { ...world, leaseLeft: rules.leaseTicks });
}

export function responded(answer: NodeState["answer"]): NodeState {
  return { place: "RESPONDED", answer, sinceAt: 0, isDelayed: false };
}

function idleSteps({ machine, account }: Setting, world: World, node: NodeIndex, emit: Emit): void {
  const { intent } = world.life;
  const say = sentences[node];
  if (intent === "RELEASED") {
    const reference = machine.derivesReference ? world.reference : world.reference + 1;
    emit(say.reuse, { ...claim(world, node), life: newLife(), isTold: false, isPromised: false, reference });
    return;
  }
  if (!machine.isFree(world, node)) return;
  if (intent === "OPEN") emit(say.claim, claim(world, node));
  if (intent === "SENDING") {
    const event: PayoutEvent = { type: "SENDER_LOST", nowMs: 0 };
    emit(say.senderLost, record(machine, claim(world, node), node, event));
  }
  if (intent !== "UNCONFIRMED") return;
  for (const answer of lookUpAnswers(account, world)) {
    const looked: NodeState = { place: "LOOKED_UP", answer, sinceAt: 0, isDelayed: false };
    emit(say.lookUp[answer], { ...claim(world, node), nodes: withNode(world, node, looked) });
  }
}

function claim(world: World, node: NodeIndex): World {
  const nodes = withNode(world, node, { ...idle, place: "CLAIMED" });
  return { ...world, holder: node === 0 ? 1 : 2, leaseLeft: rules.leaseTicks, nodes };
}

/** What a look-up by our reference can answer now. */
export function lookUpAnswers({ hasReferences }: Account, world: World): readonly LookUpAnswer[] {
  const isFound = hasReferences && world.payments > 0 && world.isListed;
  if (!isFound) return ["ABSENT", "NOT_ANSWERED"];
  const found = `FOUND_${wordOf(world.payment)}` as Found;
  return [found, "UNCLEAR", "LOOK_UP_MISMATCH", "NOT_ANSWERED"];
}

function askPermission({ machine }: Setting, world: World, node: NodeIndex, emit: Emit): void {
  const say = sentences[node];
  // `PayoutSender.#permission`: where a report has moved the payout, the intent ends.
  const refuse = () => {
    const event: PayoutEvent = { type: "RESPONSE", response: { type: "NOT_SENT" }, nowMs: 0 };
    emit(say.refused, record(machine, world, node, event));
  };
  if (!machine.holdsLease(world, node)) {
    refuse();
    return;
  }
  const next = machine.step(world.life, { type: "SEND", nowMs: 0 }, payoutRules(machine.canProveAbsence(world)));
  if (next === null) {
    refuse();
    return;
  }
  if (next.life.intent !== "SENDING") {
    emit(say.expire, record(machine, world, node, { type: "SEND", nowMs: 0 }));
    return;
  }
  if (world.permissions === rules.maxPermissions) return;
  emit(say.permit, {
    ...world,
    life: next.life,
    leaseLeft: rules.leaseTicks,
    permissions: world.permissions + 1,
    firstAbsentAt: null,
    nodes: withNode(world, node, { ...idle, place: "PERMITTED" }),
  });
}

/** The caller is told that nothing was sent, unless another caller was told of the payout. */
function release({ machine }: Setting, world: World, node: NodeIndex, emit: Emit): void {
  if (world.isTold || world.holder !== node + 1) return;
  const next = record(machine, world, node, { type: "RELEASE" });
  if (next.life.intent === "RELEASED") emit(sentences[node].release, { ...next, isPromised: true });
}

const answers: Record<string, string> = {
  NOT_SENT: "the connection failed before a byte was sent",
  ACCEPTED: "2xx, accepted as PENDING",
  ACCEPTED_UNKNOWN_WORD: "2xx, accepted with an unknown status word",
  MISMATCH: "2xx about something else than the order",
  REJECTED: "400 or 422 in the provider's own JSON",
  OTHER_REJECTION: "404 or another 4xx in the provider's own JSON",
  FORBIDDEN: "403 in the provider's own JSON",
  RATE_LIMITED: "429 in the provider's own JSON",
  CONFLICT: "409, or a duplicate reference",
  UNKNOWN: "no response, or one that proves nothing",
  FOUND_PENDING: "found, PENDING",
  FOUND_PROCESSING: "found, PROCESSING",
  FOUND_SUCCESSFUL: "found, SUCCESSFUL",
  FOUND_FAILED: "found, FAILED",
  UNCLEAR: "found, with an unknown type or status word",
  LOOK_UP_MISMATCH: "found, with another amount or recipient",
  ABSENT: "the provider's own 404",
  NOT_ANSWERED: "not answered",
};

export function describeAnswer(answer: string): string {
  return answers[answer] ?? answer;
}

/** The answer that a sentence of the history ends with. */
export function answerIn(sentence: string): Answer {
  const found = Object.entries(answers).find(([, what]) => sentence.endsWith(`: ${what}`));
  if (!found) throw new Error(`No answer in: ${sentence}`);
  return found[0] as Answer;
}

function sentencesOf(name: string) {
  const each = (toSentence: (what: string) => string) =>
    Object.fromEntries(Object.entries(answers).map(([answer, what]) => [answer, `${name} ${toSentence(what)}`]));
  return {
    claim: `${name} claims the intent to send it`,
    reuse: `a caller repeats the released key at ${name}, which records a new payout`,
    senderLost: `${name} takes over: the sender's lease has run out`,
    refused: `${name} asks for permission to send: refused`,
    permit: `${name} asks for permission to send: granted`,
    expire: `${name} asks for permission to send: too late, the payout is ended`,
    release: `${name} tells its caller that nothing was sent, and releases the key`,
    send: `${name} sends POST /payout`,
    notSent: `${name} cannot connect: no byte is sent`,
    unready: `${name} has no token or no connection to send with`,
    limited: `${name} has no budget left to send with`,
    timeout: `${name} stops waiting for the response`,
    crash: `${name} crashes and starts again`,
    renew: `${name} renews its lease`,
    record: each((what) => `records the answer: ${what}`),
    lookUp: each((what) => `looks the payout up by its reference: ${what}`) as Record<LookUpAnswer, string>,
  };
}

const sentences = [sentencesOf("node A"), sentencesOf("node B")] as const;

// What the provider does to the gateway's requests, in the words of the sandbox's fault script.

import type { SandboxFault, SandboxTransaction } from "../../src/sandbox/sandbox.js";
import { drawLie, type Lie } from "./lies.js";
import type { Random } from "./random.js";
import {
  type Answer,
  drawConnectionFault,
  drawDelay,
  drawResponse,
  holdsUp,
  type Moment,
  type NamedFault,
  type Unaimed,
} from "./responses.js";

export interface ProviderFault {
  atMs: number;
  /** For the count. */
  name: string;
  answer?: Answer;
  isLie: boolean;
  /** Some lies are about what is in the books by then. */
  toFault: (books: readonly SandboxTransaction[]) => SandboxFault;
}

export interface FaultDraw {
  random: Random;
  activeMs: number;
  keepsMerchantReference: boolean;
}

/** Looking up, listing and the token. Of these, only look-ups are lied about. */
const otherRoutes = [
  [20, "GET /transaction/{id}"],
  [5, "GET /customer"],
  [4, "GET /customer/{id}"],
  [3, "POST /oauth/token"],
  [3, "POST /transaction"],
  [3, "GET /webhook-logs"],
  [5, "*"],
] as const;

export function drawProviderFaults({ random, activeMs }: FaultDraw): ProviderFault[] {
  const faults = Array.from({ length: random.between(2, 9) }, (): ProviderFault => {
    const route = random.weighted(otherRoutes);
    const atMs = random.between(0, activeMs);
    const isLookUp = route === "GET /transaction/{id}";
    if (isLookUp && random.chance(0.3)) return lieAbout(random, { route, atMs, member: "data" });
    return aim({ route, atMs, named: drawOther(random, route) });
  });
  // An outage: so many requests in a row that the gateway gives up calling for a while.
  if (random.chance(0.1)) {
    const fault: Unaimed = { kind: "answer", status: 503 };
    const named = { name: "outage", fault };
    faults.push(aim({ route: "*", atMs: random.between(0, activeMs), named, times: random.between(5, 12) }));
  }
  return faults.sort((a, b) => a.atMs - b.atMs);
}

function drawOther(random: Random, route: string): NamedFault {
  const moment = drawMoment(random);
  const kind = random.weighted([[6, "response"] as const, [3, "connection"] as const, [1, "delay"] as const]);
  if (kind === "delay") return drawDelay(random);
  if (kind === "connection") return drawConnectionFault(random, moment);
  // What hits any request may hit a payment after it was accepted: then it is none that only the provider can send.
  const draw = () => drawResponse(random, moment, route);
  let named = draw();
  while (route === "*" && named.answer?.isOwn) named = draw();
  return named;
}

/** What meets the sendings of one payment: the first, the second, the third. */
export function drawPaymentFaults(
  { random, keepsMerchantReference }: FaultDraw,
  { note, atMs }: { note: string; atMs: number },
): ProviderFault[] {
  if (random.chance(0.45)) return [];
  const route = "POST /payout";
  return Array.from({ length: random.weighted([[6, 1] as const, [3, 2] as const, [1, 3] as const]) }, () => {
    if (random.chance(0.15)) return lieAbout(random, { route, atMs, member: "transaction", containing: note });
    const named = drawSurvivable(
      random,
      route,
      (moment, answer) => keepsMerchantReference || !isDenial(moment, answer),
    );
    return aim({ route, atMs, named, containing: note });
  });
}

export function drawCustomerFaults({ random }: FaultDraw, { email, atMs }: { email: string; atMs: number }) {
  if (random.chance(0.4)) return [];
  const route = "POST /customer";
  return Array.from({ length: random.between(1, 2) }, () => {
    const named = drawSurvivable(random, route, (moment, answer) => !isDenial(moment, answer));
    return aim({ route, atMs, named, containing: email });
  });
}

/**
 * The provider accepts and denies it in its own words. With a reference its rules or a later report put that right; without
 * one nobody can.
 */
function isDenial(moment: Moment, answer: Answer): boolean {
  const deniedBy = [400, 401, 403, 404, 422, 429];
  return moment === "after" && answer.isOwn && deniedBy.includes(answer.status);
}

function drawSurvivable(
  random: Random,
  route: string,
  isSurvivable: (moment: Moment, answer: Answer) => boolean,
): NamedFault {
  const kind = random.weighted([[12, "response"] as const, [5, "connection"] as const, [2, "delay"] as const]);
  const moment = drawMoment(random);
  if (kind === "delay") return drawDelay(random);
  if (kind === "connection") return drawConnectionFault(random, moment);
  for (;;) {
    const named = drawResponse(random, moment, route);
    if (named.answer && isSurvivable(moment, named.answer)) return named;
  }
}

function drawMoment(random: Random): Moment {
  return random.chance(0.6) ? "after" : "before";
}

interface Aim {
  route: string;
  atMs: number;
  named: NamedFault;
  containing?: string;
  times?: number;
}

function aim({ route, atMs, named: { name, fault, answer }, ...target }: Aim): ProviderFault {
  const aimed = { ...fault, route, ...target } as SandboxFault;
  return { atMs, name, ...(answer ? { answer } : {}), isLie: false, toFault: () => aimed };
}

function lieAbout(
  random: Random,
  { member, ...target }: { route: string; atMs: number; member: string; containing?: string },
): ProviderFault {
  const { name, lie } = drawLie(random);
  const { atMs, ...aimed } = target;
  const toFault = (books: Parameters<Lie>[0]): SandboxFault => ({
    ...aimed,
    kind: "alter",
    patch: { [member]: lie(books) },
  });
  return { atMs, name, isLie: true, toFault };
}

/** Whether a payout may have to wait for a minute. */
export function holdsPayoutsUp({ toFault }: ProviderFault): boolean {
  return holdsUp(toFault([]));
}

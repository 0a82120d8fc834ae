// The vocabulary of responses: every status class with every body class.

import type { SandboxFault } from "../../src/sandbox/sandbox.js";
import type { Random } from "./random.js";

/** A fault before it is known what it hits. */
export type Unaimed = SandboxFault extends infer F
  ? F extends unknown
    ? Omit<F, "route" | "times" | "containing">
    : never
  : never;

const statuses = [
  200, 201, 204, 301, 400, 401, 402, 403, 404, 405, 407, 408, 409, 413, 422, 423, 425, 429, 500, 502, 503, 504,
] as const;

/** Where a redirect leads: a client that follows it sends the same request twice. */
const redirect = (route: string) => ({ location: `/api/external${route.split(" ")[1]}` });
const asJson = { "content-type": "application/json" };
const page = "<html><head><title>Error</title></head><body><h1>Something is wrong</h1></body></html>";
const hugeBytes = 6 * 1024 * 1024;

interface Body {
  name: string;
  /** Whether it is a complete JSON object with a text `message`: the provider's own words. */
  isOwn?: boolean;
  isDuplicate?: boolean;
  body: unknown;
  headers?: Record<string, string>;
}

const duplicate = "Could not proceed. Kindly check your merchant reference and try again";
const bodies: readonly (readonly [weight: number, Body])[] = [
  [5, { name: "message", isOwn: true, body: { message: "The request could not be processed." } }],
  [
    4,
    {
      name: "errors on a field",
      isOwn: true,
      body: {
        message: "The bank id field is required.",
        errors: { bank_id: ["The bank id field is required."] },
      },
    },
  ],
  [
    2,
    {
      name: "duplicate with errors",
      isOwn: true,
      isDuplicate: true,
      body: { message: duplicate, errors: { merchant_reference: [duplicate] } },
    },
  ],
  [
    2,
    {
      name: "duplicate without errors",
      isOwn: true,
      isDuplicate: true,
      body: { message: "A transaction with this reference already exists." },
    },
  ],
  [3, { name: "insufficient funds", isOwn: true, body: { message: "Insufficient funds." } }],
  [3, { name: "JSON without message", body: { error: "unexpected" } }],
  [5, { name: "HTML page", body: page }],
  [
    4,
    {
      name: "half a JSON",
      body: '{"message":"Payout Initiated Successfully.","transaction":{"id":"7f',
      headers: asJson,
    },
  ],
  [3, { name: "empty", body: "" }],
  [2, { name: "array", body: [] }],
];

export interface Answer {
  status: number;
  body: string;
  isOwn: boolean;
  isDuplicate: boolean;
}

export interface NamedFault {
  /** For the count. */
  name: string;
  fault: Unaimed;
  answer?: Answer;
}

export type Moment = "before" | "after";

/** One response of the vocabulary. `route` is where a redirect leads back to. */
export function drawResponse(random: Random, moment: Moment, route: string): NamedFault {
  const status = random.pick(statuses);
  if (random.chance(0.06)) return drawTooMuch(random, moment, status);
  const body = random.weighted(bodies);
  const headers = { ...body.headers, ...extraHeaders(random, status, route) };
  const isEmpty = status === 204;
  return {
    name: `${status} ${isEmpty ? "empty" : body.name} ${moment}`,
    fault: { kind: "answer", when: moment, status, body: body.body, headers },
    answer: {
      status,
      body: isEmpty ? "empty" : body.name,
      isOwn: !isEmpty && body.isOwn === true,
      isDuplicate: body.isDuplicate === true,
    },
  };
}

/** More than anybody reads. */
function drawTooMuch(random: Random, moment: Moment, status: number): NamedFault {
  const answer = { status, isOwn: false, isDuplicate: false };
  const bodyStatus = status === 204 ? 200 : status;
  if (random.chance(0.5)) {
    const fault: Unaimed = { kind: "endless", when: moment, status: bodyStatus };
    return { name: `${bodyStatus} endless ${moment}`, fault, answer: { ...answer, body: "endless" } };
  }
  const body = { message: "x".repeat(hugeBytes) };
  const fault: Unaimed = { kind: "answer", when: moment, status: bodyStatus, body };
  return { name: `${bodyStatus} huge ${moment}`, fault, answer: { ...answer, body: "huge" } };
}

function extraHeaders(random: Random, status: number, route: string): Record<string, string> {
  if (status === 301) return redirect(route);
  // Without it the gateway waits for the provider's whole window, a minute: that is tried, but rarely.
  if (status === 429 && !random.chance(0.01)) return { "retry-after": "1" };
  return {};
}

/** Whether a payout may have to wait for a minute. */
export function holdsUp(fault: Pick<SandboxFault, "kind">): boolean {
  const { kind, status, headers } = fault as { kind: string; status?: number; headers?: Record<string, string> };
  return kind === "answer" && status === 429 && headers?.["retry-after"] === undefined;
}

/** What happens to the connection rather than to the response. */
export function drawConnectionFault(random: Random, moment: Moment): NamedFault {
  const kind = random.weighted([[3, "reset"] as const, [2, "hang"] as const, [1, "cut"] as const]);
  if (kind === "cut") return { name: "cut halfway", fault: { kind } };
  return { name: `${kind} ${moment}`, fault: { kind, when: moment } };
}

/** Up to half a second beyond the gateway's own patience: then the provider accepts what its caller has given up. */
export function drawDelay(random: Random): NamedFault {
  const delayMs = random.chance(0.3) ? random.between(1_050, 1_500) : random.between(20, 900);
  return { name: delayMs > 1_000 ? "accepted late" : "delay", fault: { kind: "delay", delayMs } };
}

// The classes of answers of the model, as bytes on the wire. Several answers stand for one class: a history draws one.

import type { HeldRequest, Reply } from "./gate.js";
import type { LookUpAnswer, Response } from "./world.js";

export type Draw = <T>(items: readonly T[]) => T;

const json = (status: number, body: unknown, headers?: Record<string, string>): Reply => ({
  status,
  body: JSON.stringify(body),
  ...(headers ? { headers } : {}),
});
const page = "<html><body>Access denied</body></html>";

type Own = "ACCEPTED" | "ACCEPTED_UNKNOWN_WORD" | "MISMATCH";

/** What the provider's own answer becomes. */
const own: Record<Own, (accepted: Reply) => Reply> = {
  ACCEPTED: (accepted) => accepted,
  ACCEPTED_UNKNOWN_WORD: (accepted) => withStatus(accepted, "WARMING_UP"),
  MISMATCH: withOtherAmount,
};

const replies: Record<Exclude<Response, "NOT_SENT" | Own>, readonly (Reply | "reset")[]> = {
  REJECTED: [
    json(400, { message: "Insufficient funds." }),
    json(422, { message: "The given data was invalid.", errors: { note: ["The note is too long."] } }),
  ],
  OTHER_REJECTION: [json(404, { message: "Customer not found." }), json(413, { message: "Too large." })],
  FORBIDDEN: [json(403, { message: "Your IP address is not allowed." })],
  RATE_LIMITED: [json(429, { message: "Too many requests." }, { "retry-after": "1" })],
  CONFLICT: [
    json(409, { message: "Conflict" }),
    { status: 423, body: page },
    json(422, { message: "A payout with this merchant reference already exists." }),
  ],
  UNKNOWN: [
    "reset",
    { status: 403, body: page },
    { status: 400, body: page },
    { status: 502, body: page },
    { status: 200, body: '{"transaction":{"id":' },
    json(200, { message: "ok" }),
  ],
};

/** Answers a payout's request. `accepted` is the provider's own answer where it accepted it. */
export function answerSending(held: HeldRequest, response: Response, accepted: Reply | null, draw: Draw): void {
  const isOwn = response in own;
  if (isOwn && !accepted) throw new Error(`${response} needs the provider's own answer.`);
  const choice = isOwn ? own[response as Own](accepted as Reply) : draw(replies[response as keyof typeof replies]);
  if (choice === "reset") held.reset();
  else held.reply(choice);
}

/** The answer to a look-up, read from the provider now and handed over later. */
export async function readLookUp(held: HeldRequest, answer: LookUpAnswer): Promise<Reply> {
  if (answer === "ABSENT") return json(404, { message: "Transaction not found" });
  if (answer === "NOT_ANSWERED") return json(400, { message: "Invalid request parameters" });
  const found = await held.forward();
  if (found.status !== 200) throw new Error(`The provider does not find the payment: ${found.status} ${found.body}`);
  if (answer === "UNCLEAR") return withStatus(found, "WARMING_UP");
  return answer === "LOOK_UP_MISMATCH" ? withOtherAmount(found) : found;
}

function withStatus(reply: Reply, word: string): Reply {
  return { ...reply, body: reply.body.replaceAll(/"status":"[A-Z]+"/g, `"status":"${word}"`) };
}

function withOtherAmount(reply: Reply): Reply {
  return { ...reply, body: reply.body.replaceAll(/"amount":[0-9.]+/g, '"amount":77.01') };
}

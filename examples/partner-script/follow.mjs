// The status changes of one customer and its payouts over SSE. The id of an event is its cursor: a stream that broke off is
// taken up after the last one, so that nothing is missed or seen twice.

import { credential, gatewayUrl, pause } from "./gateway.mjs";

const query = `subscription ($customerId: ID!) {
  statusChanged(customerId: $customerId) {
    source
    reason
    ... on CustomerStatusChange { customerStatus: to }
    ... on PayoutStatusChange { payoutStatus: to payout { id } }
  }
}`;

/**
 * @typedef {object} Change
 * @property {string} source
 * @property {string | null} reason
 * @property {string} [customerStatus]
 * @property {string} [payoutStatus]
 * @property {{ id: string }} [payout]
 */

/**
 * @param {string} customerId
 * @param {string} after the cursor to begin after
 * @returns {AsyncGenerator<Change>}
 */
export async function* follow(customerId, after) {
  let cursor = after;
  for (let failures = 0; ; failures += 1) {
    try {
      for await (const { id, data } of await open(customerId, cursor)) {
        failures = 0;
        yield data.statusChanged;
        cursor = id;
      }
    } catch (error) {
      // A broken connection is a TypeError of fetch's; what the gateway refuses, it would refuse again.
      if (!(error instanceof TypeError)) throw error;
    }
    await pause(Math.min(250 * 2 ** failures, 10_000) * (0.5 + Math.random() / 2));
  }
}

/**
 * @param {string} customerId
 * @param {string} cursor
 */
async function open(customerId, cursor) {
  const response = await fetch(`${gatewayUrl}/graphql/stream`, {
    method: "POST",
    headers: { "content-type": "application/json", "last-event-id": cursor, ...credential },
    body: JSON.stringify({ query, variables: { customerId } }),
  });
  if (!response.ok || !response.body) throw new Error(`The stream was refused with ${response.status}.`);
  return events(response.body.pipeThrough(new TextDecoderStream()));
}

/** @param {ReadableStream<string>} stream */
async function* events(stream) {
  let rest = "";
  for await (const chunk of stream) {
    const blocks = (rest + chunk).split("\n\n");
    rest = blocks.pop() ?? "";
    for (const block of blocks) {
      const fields = Object.fromEntries(block.split("\n").map((line) => line.split(/: (.*)/s)));
      if (fields.event !== "next") continue;
      const { data, errors } = JSON.parse(fields.data);
      if (errors) throw new Error(errors[0].message);
      yield { id: fields.id, data };
    }
  }
}

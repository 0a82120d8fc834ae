// Waits until the simulated provider has nothing left to decide: by the events that the gateway pushes, not by time.

import type { TestClient } from "../test-client.js";

// A customer with this tag needs no documents to be verified.
const underWay = `{
  statusCursor
  review: customers(filter: { status: [PROCESSING] }) { totalCount }
  preVerified: customers(filter: { status: [PENDING], search: "+pre-verified" }) { totalCount }
  payouts(filter: { status: [SUBMITTING, UNCONFIRMED, PENDING, PROCESSING] }) { totalCount }
  arrived: payouts(filter: { status: [SUCCESSFUL] }) { nodes { note } }
}`;

interface UnderWay {
  statusCursor: string;
  review: { totalCount: number };
  preVerified: { totalCount: number };
  payouts: { totalCount: number };
  arrived: { nodes: { note: string | null }[] };
}

export async function whenSettled(client: TestClient): Promise<void> {
  for (;;) {
    const { statusCursor, review, preVerified, payouts, arrived } = await client.run<UnderWay>(underWay);
    // The bank will send it back.
    const returning = arrived.nodes.filter(({ note }) => note?.includes("test-returned"));
    if (review.totalCount + preVerified.totalCount + payouts.totalCount + returning.length === 0) return;
    const following = client.follow({ after: statusCursor });
    await following.until(() => true);
    await following.stop();
  }
}

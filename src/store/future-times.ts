// A SQLite file holds times by the clock of the machine that wrote them. That clock may have been ahead and put right since:
// what then lies in the future would wait for as long as the clock was wrong.

import type { Kysely } from "kysely";
import type { Clock } from "./clock.js";
import type { Tables } from "./tables.js";

// Longer than a wait between two tries mostly is: to try earlier does no harm.
const soonMs = 5_000;
const longestLeaseMs = 30_000;

/** Makes due what waits for long. Only for the start, when nobody else writes. */
export async function bringTimesNear(db: Kysely<Tables>, clock: Clock): Promise<void> {
  const now = clock.now();
  const soon = now + soonMs;
  const leaseEnd = now + longestLeaseMs;
  await db
    .updateTable("intents")
    .set({ next_attempt_at: now })
    .where("state", "in", ["OPEN", "SENDING", "UNCONFIRMED"])
    .where("next_attempt_at", ">", soon)
    .execute();
  await db
    .updateTable("intents")
    .set({ lease_until: soon })
    .where("state", "in", ["OPEN", "SENDING", "UNCONFIRMED"])
    .where("lease_until", ">", soon)
    .execute();
  await db
    .updateTable("inbox")
    .set({ next_attempt_at: now, lease_until: now })
    .where("state", "=", "RECEIVED")
    .where("next_attempt_at", ">", soon)
    .execute();
  await db.updateTable("leases").set({ lease_until: leaseEnd }).where("lease_until", ">", leaseEnd).execute();
}

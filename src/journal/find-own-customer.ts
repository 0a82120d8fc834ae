// The customer that an earlier sending of an intent made, if the provider has it.

import type { CustomerChange } from "../datasources/changes.js";
import type { CreateCustomerCommand } from "../datasources/commands.js";
import { completed, fits } from "../datasources/customer-match.js";
import type { CustomersDataSource } from "../datasources/customers.datasource.js";
import { ownerOfCustomer } from "../store/customer-intent.queries.js";
import type { Database } from "../store/database.js";
import type { IntentRow } from "../store/intent.queries.js";

// The provider's clock and the database's may differ.
const clocksDifferByMs = 5 * 60_000;

/** What the provider created before is not the intent's. */
export function createdAfter(intent: Pick<IntentRow, "created_at">): number {
  return intent.created_at - clocksDifferByMs;
}

interface Candidate {
  change: CustomerChange;
  /** Null where the provider does not say it. */
  createdAt: number | null;
}

/** Of several the oldest. Throws the ProviderError of a look-up that was not answered. */
export async function findOwnCustomer(
  { database, customers }: { database: Database; customers: CustomersDataSource },
  intent: IntentRow,
): Promise<CustomerChange | null> {
  const command = JSON.parse(intent.command) as CreateCustomerCommand;
  const found = await customers.findByEmail(command.email ?? "", "write");
  const candidates: Candidate[] = [];
  for (const { change, traits } of found) {
    if (!fits(command, traits)) continue;
    const createdAt = change.details.createdAt ?? (await customers.get(change.id, "write"))?.details.createdAt;
    candidates.push({ change, createdAt: createdAt?.getTime() ?? null });
  }
  const earliest = createdAfter(intent);
  candidates.sort((a, b) => (a.createdAt ?? Number.POSITIVE_INFINITY) - (b.createdAt ?? Number.POSITIVE_INFINITY));
  for (const { change, createdAt } of candidates) {
    if (createdAt !== null && createdAt < earliest) continue;
    // Without a time, only the mirror can tell that the customer is older. Otherwise it counts as the intent's: to send
    // again would make a second one of the same person for certain.
    const owner = await ownerOfCustomer(database.db, change.id, intent, earliest);
    if (owner !== "ANOTHER") return completed(change, command);
  }
  return null;
}

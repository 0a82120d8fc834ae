// A payout that is at the provider under the reference of a key, and here without an intent: it is younger than a backup that
// was restored, and was imported from the provider.

import type { PayoutCommand } from "../datasources/commands.js";
import { toPayoutOrder } from "../datasources/to-payout-order.js";
import { differencesOf } from "../domain/payout-order.js";
import type { Database, Tx } from "../store/database.js";
import { type IntentRow, settleIntent } from "../store/intent.queries.js";
import { type PayoutRow, payoutById } from "../store/payout.queries.js";
import { keyReused } from "./intents.js";

/** The key names that payout from now on, and nothing is sent. Throws where the payout is another order than the key's. */
export async function joinPaidPayout(
  { clock }: Database,
  tx: Tx,
  intent: IntentRow,
  payoutId: string,
  command: PayoutCommand,
): Promise<IntentRow> {
  const paid = await payoutById(tx, payoutId);
  if (!paid || isOtherOrder(paid, command)) throw keyReused();
  const joined = { subject_id: payoutId, state: "DONE" } as const;
  await settleIntent(tx, intent, joined, clock.now());
  return { ...intent, ...joined };
}

function isOtherOrder({ customer_id, amount, amount_currency, recipient }: PayoutRow, command: PayoutCommand): boolean {
  const shown = {
    customerId: customer_id,
    amount: amount && amount_currency ? { amount, currency: amount_currency } : null,
    recipient: recipient === null ? null : (JSON.parse(recipient) as Record<string, string>),
  };
  return differencesOf(toPayoutOrder(command), shown).length > 0;
}

// payouts unconfirmed: those of which nobody knows yet whether the provider has them.

import type { Command } from "commander";
import { countPayouts, payoutsPage } from "../store/payout.queries.js";
import { everything } from "../store/visibility.js";
import { type Answer, answering, toTable } from "./answer.js";
import { withDatabase } from "./record-command.js";

const most = 100;

export function addPayouts(program: Command): void {
  program
    .command("payouts")
    .description("payouts that need an operator's eye")
    .command("unconfirmed")
    .description(`those whose answer was lost and was not settled yet, the newest ${most}`)
    .action(answering(unconfirmed));
}

function unconfirmed(): Promise<Answer> {
  return withDatabase(async ({ db }) => {
    const search = { status: ["UNCONFIRMED"] as const };
    const total = await countPayouts(db, search, everything);
    const rows = await payoutsPage(db, search, { first: most - 1, after: null }, everything);
    const payouts = rows.map((row) => ({
      id: row.id,
      createdAt: new Date(row.created_at).toISOString(),
      tenant: row.tenant,
      customerId: row.customer_id,
      merchantReference: row.merchant_reference,
      amount: row.amount === null ? null : `${row.amount} ${row.amount_currency}`,
    }));
    const heading = ["id", "created", "tenant", "customer", "merchant reference", "amount"];
    const text = total === 0 ? "There is none." : toTable(heading, payouts.map(Object.values));
    return {
      text: total > rows.length ? `${text}\n… and ${total - rows.length} older` : text,
      json: { total, payouts },
    };
  });
}

// payouts unconfirmed | mismatched | resolve: payouts whose outcome is in doubt, and an operator's decision about one.

import { type Command, Option } from "commander";
import { countPayouts, type PayoutRow, type PayoutSearch, payoutsPage } from "../store/payout.queries.js";
import { everything } from "../store/visibility.js";
import { type Answer, answering, toTable } from "./answer.js";
import { withDatabase } from "./record-command.js";
import type { ResolveOptions } from "./resolve-payout.js";

const most = 100;

export function addPayouts(program: Command): void {
  const payouts = program.command("payouts").description("payouts whose outcome is in doubt");
  payouts
    .command("unconfirmed")
    .description(`payouts whose response was lost and that are still being looked up, the newest ${most}`)
    .action(answering(() => list({ status: ["UNCONFIRMED"] })));
  payouts
    .command("mismatched")
    .description(`payouts with a report of the provider that contradicts the order, the newest ${most}`)
    .action(answering(() => list({ hasMismatch: true })));
  payouts
    .command("resolve <id>")
    .description("decide about a payout that is UNCONFIRMED or has a mismatch; the decision is recorded")
    .addOption(
      new Option("--as <outcome>", "what became of it: not-sent is FAILED, and is never sent")
        .choices(["sent", "not-sent"])
        .makeOptionMandatory(),
    )
    .option("--transaction <id>", "the provider's transaction that it is; needed with --as sent")
    .requiredOption("--reason <text>", "why, in at most 500 characters; clients can read it")
    .action(
      answering(async (id: string, options: ResolveOptions) => {
        // Loaded when it is needed: the provider's client is most of what there is to load.
        const { resolve } = await import("./resolve-payout.js");
        return resolve(id, options);
      }),
    );
}

function list(search: PayoutSearch): Promise<Answer> {
  return withDatabase(async ({ db }) => {
    const total = await countPayouts(db, search, everything);
    const rows = await payoutsPage(db, search, { first: most - 1, after: null }, everything);
    const payouts = rows.map((row) => ({ ...toListed(row), ...(search.hasMismatch ? toMismatch(row) : {}) }));
    const heading = ["id", "created", "tenant", "customer", "merchant reference", "amount"];
    if (search.hasMismatch) heading.push("status", "transaction", "mismatch");
    const text = total === 0 ? "There is none." : toTable(heading, payouts.map(Object.values));
    return {
      text: total > rows.length ? `${text}\n… and ${total - rows.length} older` : text,
      json: { total, payouts },
    };
  });
}

function toListed(row: PayoutRow) {
  return {
    id: row.id,
    createdAt: new Date(row.created_at).toISOString(),
    tenant: row.tenant,
    customerId: row.customer_id,
    merchantReference: row.merchant_reference,
    amount: row.amount === null ? null : `${row.amount} ${row.amount_currency}`,
  };
}

function toMismatch({ status, mismatch }: PayoutRow) {
  const { transactionId, message } = JSON.parse(mismatch ?? "{}") as { transactionId: string | null; message: string };
  return { status, transactionId, mismatch: message };
}

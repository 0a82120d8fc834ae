import type { Kysely, Migration } from "kysely";

/** When and how often an intent was sent, and what a payout is compared with. */
export const paymentSafety: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema.alterTable("intents").addColumn("sent_at", "bigint").execute();
    await db.schema
      .alterTable("intents")
      .addColumn("sendings", "bigint", (c) => c.notNull().defaultTo(0))
      .execute();
    await db.schema.alterTable("payouts").addColumn("mismatch", "text").execute();
    await db.schema.alterTable("payouts").addColumn("ordered", "text").execute();
  },
};

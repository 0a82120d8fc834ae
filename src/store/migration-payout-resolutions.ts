// What an operator decided about a payout, and an index for listing mismatches across all tenants.

import { type Kysely, type Migration, sql } from "kysely";

export const payoutResolutions: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema.alterTable("payouts").addColumn("resolution", "text").execute();
    await db.schema
      .createIndex("all_payouts_with_mismatch")
      .on("payouts")
      .columns(["created_at", "id"])
      .where(sql.ref("mismatch"), "is not", null)
      .execute();
  },
};

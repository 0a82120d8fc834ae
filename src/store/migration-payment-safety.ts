// References are derived from a secret, intents count their sendings, and payouts keep a report that contradicts the order.

import { randomBytes } from "node:crypto";
import { type Kysely, type Migration, sql } from "kysely";
import { referenceSecretSetting } from "./setting-names.js";

export const paymentSafety: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema.alterTable("intents").addColumn("sent_at", "bigint").execute();
    await db.schema
      .alterTable("intents")
      .addColumn("sendings", "bigint", (column) => column.notNull().defaultTo(0))
      .execute();
    await db.schema.alterTable("payouts").addColumn("mismatch", "text").execute();
    await db.schema
      .createIndex("payouts_with_mismatch")
      .on("payouts")
      .columns(["tenant", "created_at", "id"])
      .where(sql.ref("mismatch"), "is not", null)
      .execute();
    // The previous release did not count: what it may have sent, it may have sent once.
    await sql`update intents set sendings = 1, sent_at = updated_at where state in ('SENDING', 'UNCONFIRMED')`.execute(
      db,
    );
    const secret = randomBytes(32).toString("hex");
    await sql`insert into settings (name, value) values (${referenceSecretSetting}, ${secret})`.execute(db);
  },
};

// Why an event is not applied yet: what costs a try is told apart from what only waits, and an open contradiction and a
// subject that the provider does not know can be found again.

import type { Kysely, Migration } from "kysely";

export const eventObstacles: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema
      .alterTable("inbox")
      .addColumn("failures", "integer", (c) => c.notNull().defaultTo(0))
      .execute();
    await db.schema.alterTable("inbox").addColumn("obstacle", "text").execute();
    await db.schema.alterTable("inbox").addColumn("obstacle_since", "bigint").execute();
  },
};

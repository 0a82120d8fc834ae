import { sql } from "kysely";
import type { Database } from "./database.js";

/** The nodes that do without Redis, of one account at the provider. */
export function loneNodesOf({ db, clock }: Pick<Database, "db" | "clock">, account: string) {
  return {
    async declare(node: string, weight: number, keptMs: number): Promise<void> {
      const row = { weight, kept_until: sql<number>`${clock.sqlNow()} + cast(${keptMs} as bigint)` };
      await db
        .insertInto("lone_nodes")
        .values({ account, node, ...row })
        .onConflict((conflict) => conflict.columns(["account", "node"]).doUpdateSet(row))
        .execute();
      await db.deleteFrom("lone_nodes").where("kept_until", "<=", clock.sqlNow()).execute();
    },

    async withdraw(node: string): Promise<void> {
      await db.deleteFrom("lone_nodes").where("account", "=", account).where("node", "=", node).execute();
    },

    async weightsOfOthers(node: string): Promise<number[]> {
      const rows = await db
        .selectFrom("lone_nodes")
        .where("account", "=", account)
        .where("node", "!=", node)
        .where("kept_until", ">", clock.sqlNow())
        .select("weight")
        .execute();
      return rows.map(({ weight }) => weight);
    },
  };
}

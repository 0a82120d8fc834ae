import type { Db } from "./database.js";

/** The nodes that do without Redis, of one account at the provider. */
export function loneNodesOf(db: Db, account: string) {
  return {
    async declare(node: string, weight: number, keptMs: number): Promise<void> {
      const now = Date.now();
      const row = { weight, kept_until: now + keptMs };
      await db
        .insertInto("lone_nodes")
        .values({ account, node, ...row })
        .onConflict((conflict) => conflict.columns(["account", "node"]).doUpdateSet(row))
        .execute();
      await db.deleteFrom("lone_nodes").where("kept_until", "<=", now).execute();
    },

    async withdraw(node: string): Promise<void> {
      await db.deleteFrom("lone_nodes").where("account", "=", account).where("node", "=", node).execute();
    },

    async weightsOfOthers(node: string): Promise<number[]> {
      const rows = await db
        .selectFrom("lone_nodes")
        .where("account", "=", account)
        .where("node", "!=", node)
        .where("kept_until", ">", Date.now())
        .select("weight")
        .execute();
      return rows.map(({ weight }) => weight);
    },
  };
}
